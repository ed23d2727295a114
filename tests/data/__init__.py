"""Data sets: reading, checking, dividing, storing."""
