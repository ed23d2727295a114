"""What the home page says of a workspace: its best networks, what ended, what to do next."""

__all__ = ["kept_cut", "showcase", "suggestion", "visits"]
