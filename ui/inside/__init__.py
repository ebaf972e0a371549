"""What the Inside page alone uses."""
