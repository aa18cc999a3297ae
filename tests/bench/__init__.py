"""Benchmarks: each figure beside its baseline, in one run on one machine. `python -m tests.bench --help`."""
