"""One process that serves everything: the pages (Streamlit) at `/`, Gradio at `/live`, run files and health.

It holds no training and needs no torch: runs belong to the worker, which it starts and which outlives it.
"""

import contextlib
import errno
import importlib
import logging
import os
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp

from engines.errors import BadConfig, BadInput
from workbench import jobs
from workbench.paths import home, public, runs_root, safe_join
from workbench.preload import preload
from workbench.runs import Run
from workbench.security import LOCAL_NAMES, Gate, check_exposure

SCRIPT = Path(__file__).with_name("app.py")
PORT = 8501
PORTS_TRIED = 50

_NOT_TO_BE_HAD = {errno.EADDRINUSE, errno.EACCES}
_SHOWN = {".png", ".json", ".txt", ".jsonl"}  # everything else is only downloaded: it might be read as a page
_OFFLINE = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


def listen(host: str, port: int | None = None) -> socket.socket:
    """A listening socket: on the given port, or else on the first free one from `PORT` on.

    Raises:
        BadConfig: the port, or the address, is not to be had.
    """
    for candidate in [port] if port is not None else range(PORT, PORT + PORTS_TRIED):
        try:
            return _listen(host, candidate)
        except OSError as error:
            if error.errno not in _NOT_TO_BE_HAD:
                raise BadConfig(f"Mien cannot listen on {host}: {error.strerror}.") from None
    if port is None:
        raise BadConfig(f"The ports {PORT} to {PORT + PORTS_TRIED - 1} are all in use; choose another with --port.")
    raise BadConfig(f"Port {port} is in use or not allowed; choose another with --port, or leave it out.")


def serve(bound: socket.socket, host: str, ready: Callable[[], None] = lambda: None) -> None:
    """Serve on a listening socket until interrupted; `ready` is called once pages can be opened."""
    import uvicorn

    app = create_app(host, bound.getsockname()[1], os.environ.get("MIEN_TOKEN", ""))
    preload()
    config = uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    threading.Thread(target=_when_started, args=(server, ready), daemon=True).start()
    server.run(sockets=[bound])


def create_app(host: str, port: int, token: str = "", script: Path = SCRIPT, live: str = "workbench.live") -> ASGIApp:
    """The whole application.

    Args:
        host: the address it is bound to.
        token: the secret that visitors need; empty for none.
        script: the Streamlit entry.
        live: module whose `build()` gives the Gradio app, and whose `MOUNT` says how to mount it.

    Raises:
        BadConfig: others could reach the address, and there is no token.
    """
    check_exposure(host, token)
    os.environ.update(_OFFLINE)
    import streamlit as st

    _configure_streamlit(host, port)
    ui = st.App(script)
    app = FastAPI(lifespan=_lifespan(ui.lifespan()), docs_url=None, redoc_url=None, openapi_url=None)
    app.get("/healthz")(health)
    app.get("/files/{run_id}/{file_id}")(file)
    app = _mount_live(app, live)
    app.mount("/", ui)
    return Gate(app, _names(host), token)


def health() -> JSONResponse:
    """Whether runs can be made: the queue takes entries, a worker serves it, and the disk has room."""
    waiting, problem = 0, ""
    try:
        waiting = len(jobs.queue(home()).waiting())
        problem = "" if os.access(home(), os.W_OK) else f"{home()} cannot be written to."
    except (OSError, sqlite3.Error) as error:
        problem = f"The queue cannot be read: {error}."
    free = shutil.disk_usage(home()).free
    if free < 100e6:
        problem = problem or f"The disk has {free / 1e6:.0f} MB left."
    alive = jobs.worker_alive()
    if waiting and not alive:
        problem = problem or "Runs are waiting and no worker is alive."
    body = {
        "ok": not problem,
        "problem": problem,
        "waiting": waiting,
        "worker": {"alive": alive, "heartbeat_s": _heartbeat_s() if alive else None},
        "disk_free_gb": round(free / 1e9, 1),
    }
    return JSONResponse(body, 503 if problem else 200)


def file(run_id: str, file_id: str) -> Response:
    """One file of a run, named by ids that we gave out."""
    try:
        run = Run.open(safe_join(runs_root(), run_id))
        listed = run.files()[file_id]
        path = safe_join(run.folder, listed.relative_to(run.folder).as_posix())
    except (BadInput, KeyError):
        return PlainTextResponse("There is no such file; the run may have been deleted.", 404)
    shown = "inline" if path.suffix in _SHOWN else "attachment"
    return FileResponse(path, filename=f"{run.id}-{path.name}", content_disposition_type=shown)


def _listen(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # a port that was just closed is free; on Windows this would share a busy one
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host.strip("[]"), port))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def _configure_streamlit(host: str, port: int) -> None:
    from streamlit.web import bootstrap

    from workbench.theme import STREAMLIT_OPTIONS

    ours = {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.enableAgentApi": False,
        "server.maxUploadSize": 50,
        "browser.gatherUsageStats": False,
    }
    bootstrap.load_config_options({**STREAMLIT_OPTIONS, **ours})


def _mount_live(app: FastAPI, live: str) -> FastAPI:
    """Put Gradio at /live. A defect there is logged, and the pages work without it."""
    import gradio as gr

    try:
        module = importlib.import_module(live)
        options = {"max_file_size": "50mb", "show_error": False, **module.MOUNT, "blocked_paths": [str(runs_root())]}
        return gr.mount_gradio_app(app, module.build(), path="/live", **options)
    except Exception:
        logging.getLogger("mien.server").exception("/live is not available")
        return app


def _lifespan(ui: Callable[[Any], Any]) -> Callable[[FastAPI], Any]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        inference = importlib.import_module("workbench.inference")
        inference.warm()  # the first photograph should not wait for the models
        if not public():
            threading.Thread(target=jobs.ensure_worker, daemon=True).start()
        async with ui(app) as shared:
            yield shared
        inference.close()

    return lifespan


def _names(host: str) -> Iterable[str]:
    return {*LOCAL_NAMES, host.strip("[]"), *filter(None, os.environ.get("MIEN_HOSTS", "").split(","))}


def _heartbeat_s() -> float | None:
    with contextlib.suppress(OSError):
        return round(time.time() - jobs.worker_file().stat().st_mtime, 1)
    return None


def _when_started(server: Any, ready: Callable[[], None]) -> None:
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    ready()
