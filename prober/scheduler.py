"""When probes are played; a start that is not made is recorded too."""
