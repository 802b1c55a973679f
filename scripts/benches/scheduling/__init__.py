"""The robot and its peer at work on thousands of trivial checks."""
