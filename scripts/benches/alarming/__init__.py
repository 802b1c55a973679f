"""The parts of the bench of alarms: what is injected, what is watched, and how the two are held against each other."""
