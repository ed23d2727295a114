"""Pareto Lab's science and jobs; importable without a browser, a server or Streamlit."""

__version__ = "0.2.0"
