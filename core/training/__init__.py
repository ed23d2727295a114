"""Training: recipes, the compiled masked step, the history."""
