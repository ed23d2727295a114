"""Measuring networks: accuracy, behaviour, cost, score, points and frontiers."""
