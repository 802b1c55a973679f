"""What the robot says of itself, measured: a file a bench, each with a `measure(plan)`. `frame/` is what they share."""
