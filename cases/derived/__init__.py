"""What is kept of a case to be sent and found, and how it is renewed."""
