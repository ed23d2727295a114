"""Home for those who come back: their frontier, what runs, what ended, what to do next."""
