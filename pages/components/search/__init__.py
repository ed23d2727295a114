"""What a search says of its settings."""
