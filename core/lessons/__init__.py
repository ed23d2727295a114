"""What the Learn page shows: methods as cards, one filter, one small federation."""

__all__ = ["method_cards", "one_filter", "supported_layers", "toy_federation"]
