"""Queries of the catalogue: parameters, dimensions and facets, and the two engines that run them."""
