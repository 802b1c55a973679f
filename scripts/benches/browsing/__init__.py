"""A web hall whose pages say themselves when they had loaded and what they showed when; and who is timed by it."""
