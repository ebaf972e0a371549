"""What the Models page alone uses."""
