"""The pages of the cases: reading, history, proposing and reviewing, the overview."""
