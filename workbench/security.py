"""The gate in front of both user interfaces: who may ask, how much they may send, and the headers they get back.

- Host: a page bound to this machine answers to this machine's names only, so that a site whose name is pointed at
  127.0.0.1 reads nothing.
- Origin: what changes something, and every WebSocket, must come from a page of ours.
- Token: with one, a browser shows it once in the address and carries a cookie from then on; programs send it as
  `Authorization: Bearer`.
- Bodies are cut off at `MAX_BODY_BYTES` while they stream in.
"""

import contextlib
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engines.errors import BadConfig

MAX_BODY_BYTES = 64 * 2**20
"""A request's body: an upload of 50 MB and what is around it."""

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_COOKIE = "mien_session"
_MIN_TOKEN = 16
_READING = {"GET", "HEAD", "OPTIONS"}

# Streamlit and Gradio both start from inline scripts and styles and compile templates; nothing comes from outside.
_CSP = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob: mediastream:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "frame-src": "'self' data: blob:",
    "frame-ancestors": "'self'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "object-src": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _CSP.items()),
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}


def is_loopback(host: str) -> bool:
    """Whether an address to bind is reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_exposure(host: str, token: str) -> None:
    """Refuse to be reachable by others without authentication.

    Raises:
        BadConfig: no token, or one that can be guessed.
    """
    if token and len(token) < _MIN_TOKEN:
        raise BadConfig(f"The token has {len(token)} characters; take at least {_MIN_TOKEN}, of chance.")
    if not token and not is_loopback(host):
        raise BadConfig(
            f"Mien does not listen on {host} without authentication, because others could reach it there. "
            "Set MIEN_TOKEN to a secret of at least 16 characters, or stay on 127.0.0.1 and use an SSH tunnel."
        )


class Gate:
    """ASGI middleware that lets requests through or answers them itself.

    Args:
        names: host names answered to; any, if there is a token, which then is what protects.
        token: the secret of this workbench; empty for none.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = LOCAL_NAMES, token: str = ""):
        self.app = app
        self.names = frozenset(name.lower() for name in names)
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = self._refuse_strangers(scope, headers) or self._ask_for_token(scope, headers)
        if answer is None:
            await self._pass_on(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await answer(scope, receive, _with_headers(send))

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        meter = _Meter(receive, _with_headers(send), Headers(scope=scope).get("content-length", "0"))
        if not meter.over:
            with contextlib.suppress(_TooLarge):
                await self.app(scope, meter.receive, meter.send)
        if meter.over and not meter.answered:
            text = f"The upload is larger than {MAX_BODY_BYTES >> 20} MB."
            await PlainTextResponse(text, 413)(scope, receive, _with_headers(send))

    def _refuse_strangers(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        name = _hostname(f"//{host}")
        if not self.token and name not in self.names:
            text = f"This workbench does not answer to the name {name!r}. Start it with MIEN_HOSTS={name} if it should."
            return PlainTextResponse(text, 403)
        changing = scope["type"] == "websocket" or scope["method"] not in _READING
        if changing and not self._is_ours(headers.get("origin"), host):
            return PlainTextResponse("Refused: the request comes from another site.", 403)
        return None

    def _is_ours(self, origin: str | None, host: str) -> bool:
        if origin is None:  # a program, not a browser
            return True
        # A proxy may put its own name for us into Host; another server on this machine is another site.
        return origin.partition("://")[2] == host or _hostname(origin) in self.names - LOCAL_NAMES

    def _ask_for_token(self, scope: Scope, headers: Headers) -> Response | None:
        if not self.token or self._carries_token(headers):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["type"] == "http" and any(key == "token" and _same(value, self.token) for key, value in query):
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            response: Response = RedirectResponse(_local_path(scope["path"]) + (f"?{rest}" if rest else ""), 303)
            secure = scope["scheme"] == "https"
            response.set_cookie(_COOKIE, self._pass(), httponly=True, samesite="lax", secure=secure)
            return response
        return PlainTextResponse("This workbench asks for its token: open the address it printed when it started.", 401)

    def _carries_token(self, headers: Headers) -> bool:
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _same(bearer, self.token):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._pass())

    def _pass(self) -> str:
        return hmac.new(self.token.encode(), b"mien session", hashlib.sha256).hexdigest()


class _TooLarge(Exception):
    pass


class _Meter:
    """Counts the bytes of a body as they come. Once it is `over`, what the application makes of that is not sent."""

    def __init__(self, receive: Receive, send: Send, announced: str):
        self._receive, self._send = receive, send
        self._bytes, self.answered = 0, False
        self.over = not announced.isdecimal() or int(announced) > MAX_BODY_BYTES

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > MAX_BODY_BYTES:
            self.over = True
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self.answered or not self.over:
            self.answered = True
            await self._send(message)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


def _hostname(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def _local_path(path: str) -> str:
    # "//evil.example" would lead away from here
    return "/" + path.lstrip("/\\")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
