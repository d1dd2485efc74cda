"""Queries of notes: filters, facets, search, results."""
