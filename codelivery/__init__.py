"""The project: its settings, its root URLs, the one API router and the one shape of an error."""
