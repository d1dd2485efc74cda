"""The one question to the notes: filters, facets, search, results."""
