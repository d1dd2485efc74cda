"""Data derived from cases: representations for pages, exports and the API, and how these are refreshed."""
