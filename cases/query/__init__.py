"""The one question: its parameters, dimensions and facets, and the two engines that answer it."""
