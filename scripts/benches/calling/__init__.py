"""What the benches of calls share: a far end that knows what it did, and the wire it did it on."""
