"""What Streamlit is told when it starts."""

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from pages.server.rules import own_names

# The same as .streamlit/config.toml, which `streamlit run app.py` finds in a checkout.
SETTINGS = files("assets") / "streamlit.toml"


def server_options(host: str, port: int, names: Iterable[str] = ()) -> dict[str, Any]:
    """Return Streamlit's options by their dotted names: look, limits and where to listen.

    names: by which browsers may call the server beside its own.
    They overrule the settings files of the user's home and of the folder the server starts in.
    """
    ours = dict(_flat(tomllib.loads(SETTINGS.read_text("utf-8"))))
    return ours | {
        "server.address": host,
        "server.port": port,
        "server.allowedHosts": sorted(own_names(host, names)),
        "server.headless": True,
        "logger.hideWelcomeMessage": True,  # who started the server says where it is
    }


def _flat(section: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in section.items():
        inner = isinstance(value, dict)
        found += _flat(value, f"{prefix}{name}.") if inner else [(f"{prefix}{name}", value)]
    return found
