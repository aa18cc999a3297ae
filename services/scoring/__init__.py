"""Scoring: folds the events of each subject into its record and writes signed entries to the ledger."""
