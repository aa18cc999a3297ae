"""Watches every cell's rate, records a transition when it falls below its target, then delivers it."""
