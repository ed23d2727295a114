"""Who may use the dashboard: by which name, from which page, with which token. No web server here.

Loopback is no wall: a page of the internet can send requests to it from the browser of this very
machine, and by a name of its own that it lets point here (DNS rebinding) even read the answers.
"""

import hashlib
import hmac
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import psutil  # type: ignore[import-untyped]

from core.commands.serve import EVERYWHERE, is_loopback
from core.names import one_line

LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOST = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", re.ASCII)
IP = (socket.AF_INET, socket.AF_INET6)
LONGEST_SHOWN = 80
INSTEAD = "Open the dashboard itself."


def own_names(address: str, more: Iterable[str] = ()) -> frozenset[str]:
    """Return the names by which a browser may call a server that listens on an address."""
    names = {*LOOPBACK, *more}
    if not is_loopback(address):
        names.add(socket.gethostname())
        for interface in psutil.net_if_addrs().values():
            names |= {each.address.partition("%")[0] for each in interface if each.family in IP}
    return frozenset(name.lower() for name in names | {address} - {"", *EVERYWHERE})


@dataclass(frozen=True)
class Rules:
    """What a request must be.

    names: hosts that are this server, *.example.org for all below. origins: of other pages that
    may use it. token: that every request needs, empty for none. own_user: whether a connection
    must come from the user that the server runs as.
    """

    names: frozenset[str]
    origins: frozenset[str] = frozenset()
    token: str = ""
    own_user: bool = False

    def refusal(self, headers: Mapping[str, str], method: str) -> str:
        """Return why the request is refused whoever sends it, else "". method: "GET", "WS" …"""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return (
                f"This dashboard does not go by the name {_shown(host)}. Open it by the address "
                "that was printed when it started, or start it with --allow-host and the name."
            )
        origin = headers.get("origin")
        if origin in self.origins:
            return ""
        if origin is not None and urlsplit(origin).netloc != host:
            return f"A page at {_shown(origin)} tried to use this dashboard. {INSTEAD}"
        # A picture or a script of ours in somebody else's page: it has no origin, but says this.
        is_visit = method == "GET" and headers.get("sec-fetch-mode", "navigate") == "navigate"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_visit:
            return f"Another page tried to use this dashboard. {INSTEAD}"
        return ""

    def _is_ours(self, host: str) -> bool:
        if not HOST.fullmatch(host):
            return False
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        known = name in self.names or "*" in self.names
        return known or any(name.endswith(each[1:]) for each in self.names if each.startswith("*."))

    def is_known(self, cookie: str) -> bool:
        """Return whether a browser has shown the token before."""
        return not self.token or hmac.compare_digest(cookie.encode(), self.cookie.encode())

    def has_token(self, query: str) -> bool:
        """Return whether the query of an address has the token."""
        [given] = parse_qs(query).get("token", [""])[:1]
        return bool(self.token) and hmac.compare_digest(given.encode(), self.token.encode())

    @property
    def cookie(self) -> str:
        """What a browser keeps in the token's place: the token is not to be had from it."""
        return hmac.new(self.token.encode(), b"cookie", hashlib.sha256).hexdigest()


def _shown(text: str) -> str:
    return one_line(text)[:LONGEST_SHOWN] or "nobody said"
