"""What follows a run of a probe: confirm, decide, keep, tell."""
