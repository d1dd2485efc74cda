"""The API endpoints of the cases: cases, results and facets, versions, proposals, registers."""
