"""What the Mistakes page alone uses."""
