"""The outside world: one folder a channel, each with the same rooms (config, actions, session, engine)."""
