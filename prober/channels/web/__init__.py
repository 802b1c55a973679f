"""The web business hall, in a real browser."""
