"""The catalogue's own files: read, planned, loaded."""
