"""Runs to self-contained HTML, grades to results.json."""
