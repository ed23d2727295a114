"""Home: what this is, the first minute, and what happened lately."""

import streamlit as st

st.title("How small can your network get before it forgets?")
