"""How long the server works on a page, against an empty one: `make benchmark`. The browser's own work is not in it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench import inference, jobs
from workbench.runs import shipped_runs

ROOT = Path(__file__).parents[2]
VIEWS = {
    "train": {},
    "runs": {},
    "subspaces": {"run": shipped_runs()[0].id, "view": "Movement"},
}


@pytest.fixture
def app(request, tmp_path, monkeypatch):
    """A page of the real application after its first run; "empty" is a title alone."""
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    monkeypatch.setattr(jobs, "ensure_worker", lambda: None)
    monkeypatch.setattr(inference, "warm", lambda: None)
    if request.param == "empty":
        return AppTest.from_string("import streamlit as st; st.title('empty')").run()
    found = AppTest.from_file(str(ROOT / "workbench" / "app.py"), default_timeout=60).run()
    found.switch_page(str(ROOT / "pages" / f"{request.param}.py"))
    for key, value in VIEWS[request.param].items():
        found.query_params[key] = value
    return found.run()


@pytest.mark.benchmark(group="server time of a page, warm")
@pytest.mark.parametrize("app", ["empty", *VIEWS], indirect=True)
def test_page(benchmark, app):
    ran = benchmark.pedantic(app.run, rounds=5, warmup_rounds=1)
    assert not ran.exception
