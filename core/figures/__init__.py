"""Plain data to Plotly figures; no Streamlit."""
