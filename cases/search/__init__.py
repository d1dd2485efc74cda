"""Full text search: words and queries, the databases' text search, excerpts, spelling."""
