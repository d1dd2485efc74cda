"""The schema of a case, and what follows from it: converted, validated, complete, stamped, recoded."""
