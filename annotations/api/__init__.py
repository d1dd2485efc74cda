"""The API of notes: the W3C protocol, and flat rows for analysts."""
