"""The outside world: one folder a channel, each with the same rooms (config, actions, driver, session, engine)."""
