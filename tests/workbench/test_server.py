"""One application: pages, Gradio, files and health behind one gate."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from counter.recipe import RECIPE
from starlette.testclient import TestClient

from engines.errors import BadConfig
from workbench import jobs, server
from workbench.journal import FolderJournal
from workbench.paths import runs_root
from workbench.runs import Run
from workbench.security import HEADERS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    script = tmp_path_factory.mktemp("pages") / "page.py"
    script.write_text("import streamlit as st\nst.title('Hello')\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_HOME", str(tmp_path_factory.mktemp("site")))
        patch.setattr(jobs, "ensure_worker", lambda: None)
        app = server.create_app("127.0.0.1", 7575, script=script, live="standin_live")
        with TestClient(app, base_url="http://127.0.0.1:7575") as client:
            yield client


@pytest.fixture
def run(site: TestClient, no_worker: Path) -> Run:
    run = jobs.submit("counter")
    journal = FolderJournal(run.folder)
    journal.log("hello")
    journal.close()
    (run.folder / "artifacts" / "page.html").write_text("<script>alert(1)</script>")
    (run.folder / "artifacts" / "drawing.svg").write_text("<svg onload='alert(1)'/>")
    return run


@pytest.mark.parametrize("path", ["/", "/train", "/live/", "/live/config", "/_stcore/health", "/healthz"])
def test_everything_is_there_with_its_headers(site: TestClient, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 200
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def test_pages_may_be_framed_by_ourselves_only() -> None:
    assert "frame-ancestors 'self'" in HEADERS["Content-Security-Policy"]
    assert "http" not in HEADERS["Content-Security-Policy"]  # nothing from outside


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_no_interface_is_described_to_strangers(site: TestClient, path: str) -> None:
    assert "swagger" not in site.get(path).text.lower()
    assert '"openapi"' not in site.get(path).text


def test_health(site: TestClient, no_worker: Path) -> None:
    told = site.get("/healthz").json()
    assert set(told) == {"ok", "problem", "waiting", "worker", "disk_free_gb"}
    assert told["ok"]
    jobs.submit("counter")
    answer = site.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["problem"] == "Runs are waiting and no worker is alive."
    assert answer.json()["waiting"] == 1


def test_health_sees_a_queue_that_is_no_queue(site: TestClient, no_worker: Path) -> None:
    no_worker.mkdir()
    (no_worker / "queue.db").write_bytes(b"this is no database" * 100)
    answer = site.get("/healthz")
    assert answer.status_code == 503
    assert "queue" in answer.json()["problem"].lower()


def test_files_are_served_by_ids_alone(site: TestClient, run: Run) -> None:
    ids = {path.name: file_id for file_id, path in run.files().items()}
    log = site.get(f"/files/{run.id}/{ids['log.txt']}")
    assert log.text.endswith("hello\n")
    assert log.headers["content-disposition"].startswith("inline")
    for name in ("page.html", "drawing.svg"):
        answer = site.get(f"/files/{run.id}/{ids[name]}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["{run}/0000000000000000", "{run}/log.txt", "{run}/..", "nothing/{file}", "../runs/{file}", "%2e%2e/{file}",
     "..%2f..%2fetc/passwd", "{run}%00/{file}", "{run}/{file}%00", "{run}%5c..%5c/{file}", "/etc/{file}"],
)  # fmt: skip
def test_no_other_file_is(site: TestClient, run: Run, path: str) -> None:
    file_id = next(iter(run.files()))
    answer = site.get("/files/" + path.format(run=run.id, file=file_id))
    assert "root:" not in answer.text
    assert answer.status_code in (400, 404) or "<title>" in answer.text  # the latter is the page for unknown addresses


def test_a_link_out_of_a_run_is_not_followed(site: TestClient, run: Run) -> None:
    (run.folder / "artifacts" / "etc").symlink_to("/etc")
    assert not any("etc" in str(path) for path in run.files().values())
    (runs_root() / "linked").symlink_to("/etc")
    assert site.get("/files/linked/x").status_code == 404


def test_a_busy_port_is_left_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        monkeypatch.setattr(server, "PORT", port)
        with server.listen("127.0.0.1") as bound:
            assert port < bound.getsockname()[1] < port + server.PORTS_TRIED
        with pytest.raises(BadConfig, match=f"Port {port} is in use"):
            server.listen("127.0.0.1", port)
        monkeypatch.setattr(server, "PORTS_TRIED", 1)
        with pytest.raises(BadConfig, match="are all in use"):
            server.listen("127.0.0.1")


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(BadConfig, match=r"cannot listen on 203\.0\.113\.7"):
        server.listen("203.0.113.7")


def test_the_counter_is_a_recipe_of_another_package() -> None:
    from engines import recipes

    recipes.modules.cache_clear()
    assert recipes.get("counter") is RECIPE
