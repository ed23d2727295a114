"""What `streamlit run app.py` serves: the frame in pages/frame.py, which runs every page.

The frame stands inside pages/ because Streamlit takes a pages/ folder beside the script it runs
for its older automatic menu, until st.navigation has run once: a deep link that opens a fresh
server would show a bare page.
"""

from importlib.resources import files

import streamlit as st
from starlette.middleware import Middleware

from pages.server.gate import Gate
from pages.server.uploads import Uploads, keep_on_disk

app = st.App(str(files("pages") / "frame.py"), middleware=[Middleware(Gate), Middleware(Uploads)])
keep_on_disk(app)
