"""What a cut does before any retraining, on the pages."""
