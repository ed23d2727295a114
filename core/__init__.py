"""Pareto Lab's science and jobs; importable without a browser, a server or Streamlit."""
