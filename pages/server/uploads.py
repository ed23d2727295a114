"""The way of an uploaded file to the disk: an ASGI middleware before Streamlit's own route.

Streamlit's route reads the whole file into memory; four of 400 MB left 1.9 GB there.
"""

import re
import tempfile
from collections.abc import AsyncGenerator

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.web.cache_storage_manager_config import create_default_cache_storage_manager
from streamlit.web.server.server_util import is_xsrf_enabled
from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token

from core.archives.limits import MIB
from core.errors import UploadError
from core.text import binary_size
from core.workspace import open_workspace
from pages.server.upload_store import Coming, UploadStore

PATH = re.compile(r".*/_stcore/upload_file/([^/]+)/([^/]+)")
XSRF_COOKIE, XSRF_HEADER = "_streamlit_xsrf", "X-Xsrftoken"
FRAMING_BYTES = 64 * 1024  # around the file itself


def keep_on_disk(app: st.App) -> None:
    """Let the application keep uploads in an UploadStore; Streamlit has no setting for it.

    Not a class of our own: `streamlit run` looks for the very words st.App.
    """
    app._create_runtime = lambda: _runtime(app)  # type: ignore[method-assign]


def _runtime(app: st.App) -> Runtime:
    """Return what App._create_runtime does, but for the uploads."""
    # Starlette spools what arrives where Python keeps temporary files: /tmp is everybody's, and on
    # many machines it is memory.
    tempfile.tempdir = str(open_workspace().scratch)
    ttl = config.get_option("server.disconnectedSessionTTL")
    return Runtime(
        RuntimeConfig(
            script_path=str(app._resolve_script_path()),
            media_file_storage=MemoryMediaFileStorage("/media"),
            uploaded_file_manager=UploadStore("/_stcore/upload_file"),
            cache_storage_manager=create_default_cache_storage_manager(),
            is_hello=False,
            session_storage=MemorySessionStorage(ttl_seconds=ttl),
            on_script_error=app._on_script_error,
        )
    )


class Uploads:
    """Takes the PUT of a file; everything else is handed on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one upload, or hand the request on."""
        put = scope["type"] == "http" and scope["method"] == "PUT"
        found = PATH.fullmatch(scope["path"]) if put else None
        files = Runtime.instance().uploaded_file_mgr if found else None
        if found is None or not isinstance(files, UploadStore):
            await self._app(scope, receive, send)
            return
        answer = await _taken(Request(scope, receive), files, *found.groups())
        await answer(scope, receive, send)


async def _taken(request: Request, files: UploadStore, session: str, id: str) -> Response:
    """Keep the file and answer 204, or say why not."""
    if is_xsrf_enabled() and not validate_xsrf_token(
        request.headers.get(XSRF_HEADER), request.cookies.get(XSRF_COOKIE)
    ):
        return PlainTextResponse("The upload lacks its token. Reload the page.", 403)
    if not Runtime.instance().is_active_session(session):
        return PlainTextResponse("This page is no longer open here. Reload it.", 400)
    try:
        with files.coming(session) as coming:
            return await _kept(request, files, session, id, coming)
    except UploadError as error:
        return PlainTextResponse(str(error), 413)
    except (MultiPartException, ClientDisconnect):
        return PlainTextResponse("The upload broke off. Upload the file again.", 400)
    except OSError as error:
        why = f"The file could not be kept ({error.strerror}). Free some space and upload it again."
        return PlainTextResponse(why, 507)


async def _kept(
    request: Request, files: UploadStore, session: str, id: str, coming: Coming
) -> Response:
    most = config.get_option("server.maxUploadSize") * MIB
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most + FRAMING_BYTES:
        raise _too_large(most)
    body = _within(request, coming, most + FRAMING_BYTES)
    form = await MultiPartParser(request.headers, body, max_files=1).parse()
    found = [value for value in form.values() if isinstance(value, UploadFile)]
    try:
        if len(found) != 1:
            return PlainTextResponse("An upload has one file. Upload it again.", 400)
        if (found[0].size or 0) > most:
            raise _too_large(most)
        kind = found[0].content_type or "application/octet-stream"
        name = found[0].filename or ""
        await run_in_threadpool(files.keep, session, id, name, kind, found[0].file)
    finally:
        await form.close()
    return Response(status_code=204)


async def _within(request: Request, coming: Coming, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the body's pieces as long as there is room for them."""
    async for piece in request.stream():
        coming.add(len(piece))
        if coming.size > most:
            raise _too_large(most)
        yield piece


def _too_large(most: int) -> UploadError:
    return UploadError(f"A file may have {binary_size(most)}. Upload a smaller one.")
