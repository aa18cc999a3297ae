"""Tables to hand in, written from the board's rows."""
