"""The report's answers: sentences computed from runs, each with its evidence."""

__all__ = ["answer", "convergence", "federated_evidence", "headlines", "heterogeneity", "pruning"]
