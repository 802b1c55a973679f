"""What speaks texts into a call."""
