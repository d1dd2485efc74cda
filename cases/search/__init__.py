"""Words: from text to terms, the databases' own text search, excerpts, spelling."""
