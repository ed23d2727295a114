"""The gate before every page, websocket, upload and download: an ASGI middleware."""

import os
import secrets
import sys
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from core.commands.serve import EVERYWHERE, TOKEN_VARIABLE, is_loopback
from core.files import PRIVATE_UMASK
from pages.server import peers
from pages.server.rules import Rules, own_names

HEADERS = {
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
NO_TOKEN = (
    "This dashboard needs its token. Open the address that was printed when it started; it ends in "
    "?token=… and is needed once in each browser, and anew when the dashboard was started again."
)

NOT_YOURS = (
    "This dashboard belongs to another user of this machine. Start one of your own, or ask them "
    "to start theirs with --token and for the address that it prints."
)


class Gate:
    """Lets through what the rules allow and refuses the rest with 403."""

    def __init__(self, app: ASGIApp, rules: Rules | None = None) -> None:
        """rules: else those of Streamlit's settings when the server starts."""
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if self._rules is None:  # at "lifespan", before the first request
            os.umask(PRIVATE_UMASK)
            self._rules = rules_of_settings()
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        answer = _answer(self._rules, scope)
        if answer is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # a 403: it was never opened
        else:
            await answer(scope, receive, _with_headers(send))


def rules_of_settings() -> Rules:
    """Return the rules for the address that Streamlit is told to listen on.

    Off loopback there is a token; who did not bring one by PARETO_LAB_TOKEN is told of it here.
    """
    address = config.get_option("server.address") or ""
    token = os.environ.pop(TOKEN_VARIABLE, "")  # not for the engine and its runners
    if not token and not is_loopback(address):
        token = secrets.token_urlsafe(32)
        host = "localhost" if address in ("", *EVERYWHERE) else address
        port = config.get_option("server.port")
        print(f"Pareto Lab: http://{host}:{port}/?token={token}", file=sys.stderr, flush=True)
    names = own_names(address, config.get_option("server.allowedHosts"))
    # Behind a proxy, which was given a name, everybody's requests come from the proxy's user.
    is_proxied = bool(names - own_names(address))
    return Rules(
        names=names,
        origins=frozenset(config.get_option("server.corsAllowedOrigins")),
        token=token,
        own_user=not token and not is_proxied and peers.is_told(),
    )


def _answer(rules: Rules, scope: Scope) -> ASGIApp | None:
    """Return what to answer instead of the application, None to let it answer."""
    headers = Headers(scope=scope)
    if refusal := rules.refusal(headers, scope.get("method", "WS")):
        return PlainTextResponse(refusal, 403)
    if rules.own_user and not _is_own(headers, scope):
        return PlainTextResponse(NOT_YOURS, 403)
    query = scope["query_string"].decode("latin-1")
    if scope["type"] == "http" and scope["method"] == "GET" and rules.has_token(query):
        return _welcome(rules, scope, query)
    cookies = cookie_parser(headers.get("cookie", ""))
    if not rules.is_known(cookies.get(_cookie_name(scope), "")):
        return PlainTextResponse(NO_TOKEN, 403)
    return None


def _is_own(headers: Headers, scope: Scope) -> bool:
    """Tell whether a request comes from this user.

    The server takes a client's address, and its port, from this header of a request on loopback:
    anybody could name a connection of ours there. No proxy was named that may set it.
    """
    if "x-forwarded-for" in headers:
        return False
    return peers.is_ours(scope.get("client"), scope.get("server"))


def _welcome(rules: Rules, scope: Scope, query: str) -> RedirectResponse:
    """Give the cookie and the same address without the token, which is not to be copied on."""
    kept = urlencode([pair for pair in parse_qsl(query, True) if pair[0] != "token"])
    path = "/" + scope.get("raw_path", b"/").decode("latin-1").partition("?")[0].lstrip("/\\")
    answer = RedirectResponse(f"{path}?{kept}" if kept else path, 303)
    secure = scope["scheme"] == "https"
    answer.set_cookie(
        _cookie_name(scope), rules.cookie, httponly=True, samesite="lax", secure=secure
    )
    return answer


def _cookie_name(scope: Scope) -> str:
    # Browsers keep one jar for all ports of a host: two dashboards must not log each other out.
    return f"pareto_lab_{(scope.get('server') or ('', 0))[1]}"


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Any = MutableHeaders(scope=message)
            headers.update(HEADERS)
        await send(message)

    return sending
