"""Commands for people: keys, and sending files."""
