"""The pages of notes and groups."""
