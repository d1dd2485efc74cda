"""The versions of a case: written, read, and what differs between two of them."""
