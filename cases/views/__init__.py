"""The pages of the cases: reading them, their history, proposing and reviewing, the state of the catalogue."""
