"""Pages run in Streamlit's own test harness, over a home of their own and with a stand-in for the inference process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engines.errors import MienError
from tests.pages import (
    augment_answers,
    drift_answers,
    guided_runs,
    identity_answers,
    inside_answers,
    quality_answers,
    world_answers,
)
from workbench import inference, jobs
from workbench.inference import Ticket, Worker
from workbench.widgets import pickers

APP = Path(__file__).resolve().parents[2] / "workbench" / "app.py"
Open = Callable[..., AppTest]


class Answers:
    """What the inference process would say, by question; an exception is raised as an engine would."""

    def __init__(self) -> None:
        self.by_name: dict[str, Any] = {"world": world(), "judge": judged(), "explain": explained(), "inside": ...}
        self.by_name |= (
            world_answers.answers()
            | quality_answers.answers()
            | inside_answers.answers()
            | guided_runs.answers()
            | identity_answers.answers()
            | augment_answers.answers()
            | drift_answers.answers()
        )
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(self, name: str, keep: bool = False, **arguments: Any) -> Ticket:
        self.asked.append((name, arguments))
        ticket = Ticket(len(self.asked), name, arguments, owner=Worker())
        answer = self.by_name[name]
        if isinstance(answer, Exception):
            ticket.end("failed", error=answer)
        elif answer is not ...:  # an ellipsis is a question that is never answered
            ticket.end("done", answer=answer)
        return ticket


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    stand_in = Answers()
    monkeypatch.setattr(inference, "ask", stand_in.ask)
    monkeypatch.setattr(inference, "warm", lambda: None)
    return stand_in


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jobs, "ensure_worker", lambda: None)
    yield tmp_path / "home"


@pytest.fixture
def no_shipped_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No finished run comes with Mien, so that pages are empty."""
    monkeypatch.setattr(pickers, "shipped_runs", list)


@pytest.fixture
def open_page(answers: Answers) -> Open:
    """`open_page("train", run="…")`: the page as the address would show it, after its first run."""

    def opened(name: str = "home", **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        if name != "home":
            app.run()
            app.switch_page(str(APP.parent.parent / "pages" / f"{name}.py"))
            for key, value in query.items():
                app.query_params[key] = value
        app.run()
        assert not app.exception
        return app

    return opened


def words(app: AppTest) -> str:
    """All that a page says, in one string."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success", "code")
    said = [str(element.value) for kind in kinds for element in getattr(app, kind)]
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([*said, *html])


def world() -> dict[str, Any]:
    picture = np.full((6, 16, 16, 3), 128, np.uint8)
    return {"real": picture, "fake": picture, "families": ["swap"] * 6}


def judged(verdict: str = "unsure", faces: int = 1, scores: dict[str, float] | None = None) -> dict[str, Any]:
    scores = {"effort": 0.34, "lora": 0.71} if scores is None else scores
    quality = {"size_px": 61.0, "sharpness": 0.2, "yaw_deg": 3.0, "pitch_deg": 1.0, "roll_deg": 0.0}
    face = {
        "box": [10, 10, 40, 50], "landmarks": [[20, 20]] * 5, "quality": {**quality, "ok": True, "reasons": []},
        "scores": scores, "verdict": verdict, "words": ["Unsure: the detectors disagree (effort 0.34, lora 0.71)."],
    }  # fmt: skip
    answer = {"kind": "photograph", "faces": [face] * faces, "size": [64, 64], "unsure": [0.3, 0.7], "words": []}
    return {
        "answer": answer, "image": np.zeros((64, 64, 3), np.uint8), "boxes": [[10, 10, 40, 50]] * faces,
        "crops": np.zeros((faces, 112, 112, 3), np.uint8), "known": ["effort was trained on rendered faces."],
        "caution": "This is no proof.",
    }  # fmt: skip


def explained(significant: bool = False) -> dict[str, Any]:
    line = np.linspace(1, 0, 9)
    return {
        "face": np.zeros((98, 98, 3), np.uint8), "map": np.eye(98), "control": np.eye(98), "covered": line[::-1],
        "deletion": line, "control_deletion": line, "random": np.stack([line] * 3), "significant": significant,
        "words": "No better than chance: covering the marked places changes little.", "method": "integrated gradients",
    }  # fmt: skip


BROKEN = MienError("The picture is damaged or cut off; save or send it again.")
