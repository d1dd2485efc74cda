"""What readers fill in."""
