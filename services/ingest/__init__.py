"""Ingest: checks each event on its own, answers per event, writes accepted events to the log."""
