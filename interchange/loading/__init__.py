"""Loading the catalogue's own files."""
