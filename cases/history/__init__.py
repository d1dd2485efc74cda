"""The versions of a case: saving them, reading them, and comparing them."""
