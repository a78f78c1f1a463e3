"""The pretend world and the real processes, together: `bin/demo`."""
