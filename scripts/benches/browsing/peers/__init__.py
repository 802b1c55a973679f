"""What is written for other tools: they are timed at the same pages."""
