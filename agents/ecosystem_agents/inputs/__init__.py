"""What people hand in: checks of values, things looked up by name, and calls of what they wrote themselves."""
