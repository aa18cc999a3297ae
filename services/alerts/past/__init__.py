"""The past, run through policies once more: what was known at each moment, rebuilt from entries and events."""
