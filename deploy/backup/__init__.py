"""Copies of the log and of the tables, and the way back; the same for the local stack, Docker and a cluster."""
