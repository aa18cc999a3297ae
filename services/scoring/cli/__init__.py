"""The commands beside the worker: audit, rebuild, drop, replay."""
