"""The sayings of each rule in Vietnamese."""
