"""The machine doors to notes: the W3C protocol, and rows for analysts."""
