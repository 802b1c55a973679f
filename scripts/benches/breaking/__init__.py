"""The parts of the bench of mishaps: a robot that is broken, who watches it meanwhile, and the books it must keep."""
