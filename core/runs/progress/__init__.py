"""How far work is, and how long it will take: a run's parts, a competition, an estimate."""

__all__ = ["competition_state", "pace", "parts_progress"]
