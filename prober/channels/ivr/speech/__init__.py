"""What was said, in words: for prompts that have no recording, or a new one."""
