"""Strangers' archives, read within limits in a confined child process."""

__all__ = [
    "archive",
    "child",
    "extract",
    "limits",
    "members",
    "protections",
    "sandbox",
    "zip_limits",
]
