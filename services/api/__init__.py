"""The api: board, cells, the subjects behind a number, alerts, receipts, live stream and wallboard."""
