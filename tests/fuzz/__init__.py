"""Fuzzing: any bytes at all may only be read or refused with a sentence."""
