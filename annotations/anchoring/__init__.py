"""Finding quoted words in a narrative, and following them when it changes."""
