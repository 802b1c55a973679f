"""The ear: which recorded prompt is being played, when it began, and what number was read out behind it."""
