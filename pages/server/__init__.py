"""The web server: Streamlit on app.py, with our settings wherever it is started from."""
