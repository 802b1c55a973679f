"""The IVR channel: a robot that dials, listens, and presses keys."""
