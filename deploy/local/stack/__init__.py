"""The embedded stack as one thing: start, wait until ready, stop, look at."""
