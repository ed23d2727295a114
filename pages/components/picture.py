"""A picture inside the page itself, so that no browser can ask for it too late.

Streamlit serves what `st.image` is given as a file of the session and drops it with the next run
of the script: a browser that has not fetched it by then gets a 404.
"""

import base64
import io

import numpy as np
from PIL import Image


def picture_url(picture: np.ndarray) -> str:
    """Return a data URL of a PNG.

    picture: (h, w), (h, w, 1), (h, w, 3) or (h, w, 4) uint8.
    """
    if picture.dtype != np.uint8:
        raise TypeError(f"a picture of {picture.dtype}; uint8 is needed")
    channels = picture[..., 0] if picture.ndim == 3 and picture.shape[-1] == 1 else picture
    written = io.BytesIO()
    Image.fromarray(channels).save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
