"""The gate: names, origins, token, sizes and headers, for pages and WebSockets alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from engines.errors import BadConfig
from workbench import security
from workbench.security import HEADERS, Gate, check_exposure, is_loopback

TOKEN = "0123456789abcdef-secret"


async def read(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


INNER = Starlette(
    routes=[Route("/{path:path}", read, methods=["GET", "POST", "PUT", "DELETE"]), WebSocketRoute("/ws", talk)]
)
WS = "ws://localhost:7575/ws"


def client(token: str = "", base: str = "http://localhost:7575", **headers: str) -> TestClient:
    return TestClient(Gate(INNER, token=token), base_url=base, headers=headers, follow_redirects=False)


@pytest.mark.parametrize("base", ["http://localhost:7575", "http://127.0.0.1", "http://[::1]:9", "http://LOCALHOST"])
def test_it_answers_to_this_machine(base: str) -> None:
    answer = client(base=base).get("/x")
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "", "10.0.0.1", "[", "a@b"]
)
def test_it_answers_to_no_other_name(host: str) -> None:
    answer = client(Host=host).get("/")
    assert answer.status_code == 403
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    with pytest.raises(WebSocketDisconnect), client(Host=host).websocket_connect(WS):
        pass


def test_a_name_can_be_added() -> None:
    gate = TestClient(Gate(INNER, names=["faces.example"]), base_url="https://faces.example")
    assert gate.get("/").status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost.evil:7575", "http://localhost:3000", "file://", "", "http://["],
)
def test_other_sites_change_nothing_and_open_no_socket(origin: str) -> None:
    other = client(Origin=origin)
    assert other.get("/").status_code == 200  # a link from elsewhere
    for method in ("POST", "PUT", "DELETE"):
        assert other.request(method, "/").status_code == 403
    with pytest.raises(WebSocketDisconnect) as refused, other.websocket_connect(WS):
        pass
    assert refused.value.code == 1008


def test_our_own_pages_may() -> None:
    own = client(Origin="http://localhost:7575")
    assert own.post("/").status_code == 200
    with own.websocket_connect(WS) as socket:
        assert socket.receive_text() == "hello"


def test_without_the_token_nothing_is_reached() -> None:
    stranger = client(TOKEN)
    for path in ("/", "/healthz", "/live/", "/?token=", f"/?token={TOKEN}x", f"/?Token={TOKEN}"):
        assert stranger.get(path).status_code == 401
    assert stranger.post(f"/?token={TOKEN[:-1]}").status_code == 401
    with pytest.raises(WebSocketDisconnect), stranger.websocket_connect(f"{WS}?token={TOKEN}"):
        pass
    for header in ("Bearer", f"Basic {TOKEN}", "Bearer wrong", f"Bearer {TOKEN}x", TOKEN):
        assert client(TOKEN, Authorization=header).get("/").status_code == 401
    assert client(TOKEN, Cookie=f"mien_session={TOKEN}").get("/").status_code == 401


def test_with_the_token_a_browser_gets_a_cookie_and_a_clean_address() -> None:
    visitor = client(TOKEN)
    answer = visitor.get(f"/train?run=x&token={TOKEN}&teach=")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/train?run=x&teach="
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert TOKEN not in cookie
    assert visitor.get("/train").status_code == 200
    with visitor.websocket_connect(WS) as socket:
        assert socket.receive_text() == "hello"


def test_the_token_leads_to_no_other_site() -> None:
    for path in ("//evil.example", "/\\evil.example", "///evil.example", "\\\\evil.example"):
        assert security._local_path(path) == "/evil.example"


def test_programs_carry_the_token_in_a_header() -> None:
    assert client(TOKEN, Authorization=f"Bearer {TOKEN}").post("/").status_code == 200


@given(token=st.text(max_size=40).filter(lambda text: text != TOKEN))
def test_no_other_token_opens(token: str) -> None:
    assert client(TOKEN).get("/", params={"token": token}).status_code == 401


def test_a_body_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "MAX_BODY_BYTES", 1000)
    assert client().post("/", content=b"x" * 1000).text == "1000"
    assert client().post("/", content=b"x" * 1001).status_code == 413
    assert client().post("/", content=b"x", headers={"Content-Length": "9999999"}).status_code == 413
    assert client().post("/", content=b"x", headers={"Content-Length": "-5"}).status_code == 413


def test_a_body_of_unknown_length_is_cut_off_while_it_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "MAX_BODY_BYTES", 1000)
    read_parts = []

    def body() -> object:
        for number in range(100):
            read_parts.append(number)
            yield b"x" * 100

    answer = client().post("/", content=body())
    assert answer.status_code == 413
    assert "larger than" in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False),
     ("::", False), ("192.168.1.4", False), ("example.org", False), ("127.0.0.1.nip.io", False), ("", False)],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
    if expected:
        check_exposure(host, "")
    else:
        with pytest.raises(BadConfig, match="without authentication"):
            check_exposure(host, "")
        check_exposure(host, TOKEN)


def test_a_token_that_can_be_guessed_is_none() -> None:
    with pytest.raises(BadConfig, match="has 5 characters"):
        check_exposure("0.0.0.0", "12345")
