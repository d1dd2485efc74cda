"""The machine doors to the cases: the list and each whole case, what surrounds an answer, the registers."""
