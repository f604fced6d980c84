"""The state machine: only along its arrows, guarded, final states final, dead processes seen."""

import dataclasses
import itertools
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engines.errors import BadInput, RunStateError
from workbench import state
from workbench.processes import Identity
from workbench.state import ARROWS, FINAL, Status, amend, conclude, create, move, settle

DEAD = dataclasses.replace(Identity.of(), started=1.0)
ME = Identity.of()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create(tmp_path)
    return tmp_path


def run_until(folder: Path, target: str) -> None:
    """Bring a new run into a state."""
    paths = {
        "queued": [],
        "running": ["running"],
        "stopping": ["running", "stopping"],
        "done": ["running", "done"],
        "failed": ["running", "failed"],
        "cancelled": ["cancelled"],
        "interrupted": ["running", "interrupted"],
    }
    for step in paths[target]:
        move(folder, set(ARROWS), step, process=ME)


@pytest.mark.parametrize(("source", "target"), itertools.product(ARROWS, ARROWS))
def test_every_pair_of_states(folder: Path, source: str, target: str) -> None:
    run_until(folder, source)
    if target in ARROWS[source]:
        assert move(folder, {source}, target).state == target
    else:
        with pytest.raises((RunStateError, AssertionError)):
            move(folder, {source}, target)
        assert Status.read(folder).state == source


@pytest.mark.parametrize("source", ARROWS)
def test_a_refusal_says_the_state_and_what_to_do(folder: Path, source: str) -> None:
    run_until(folder, source)
    with pytest.raises(RunStateError, match=f"is {source}: .+\\.$"):
        move(folder, set(), "running")


def test_a_run_whose_process_is_gone_is_interrupted_for_every_reader(folder: Path) -> None:
    move(folder, {"queued"}, "running", process=DEAD, attempt=1)
    assert Status.written(folder).state == "running"
    status = Status.read(folder)
    assert status.state == "interrupted"
    assert status.resumable
    assert "ended without a word" in status.reason
    assert json.loads((folder / "state.json").read_text())["state"] == "running"  # reading writes nothing


def test_a_run_whose_process_died_behind_its_result_is_done(folder: Path) -> None:
    move(folder, {"queued"}, "running", process=DEAD)
    (folder / "result.json").write_text("{}")
    assert Status.read(folder).state == "done"
    with pytest.raises(RunStateError):
        move(folder, {"interrupted"}, "queued")
    assert settle(folder).state == "done"
    assert Status.written(folder).state == "done"


def test_resuming_a_dead_run_notes_its_interruption(folder: Path) -> None:
    move(folder, {"queued"}, "running", process=DEAD, attempt=1)
    status = move(folder, {"interrupted"}, "queued")
    assert [entry["state"] for entry in status.history] == ["queued", "running", "interrupted", "queued"]
    assert status.attempt == 1
    assert status.reason == ""


def test_a_run_of_another_machine_is_believed_while_it_speaks(folder: Path) -> None:
    move(folder, {"queued"}, "running", process=dataclasses.replace(ME, host="elsewhere"))
    (folder / "events.jsonl").touch()
    assert Status.read(folder).state == "running"


def test_a_run_of_another_machine_that_fell_silent_is_interrupted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(folder, {"queued"}, "running", process=dataclasses.replace(ME, host="elsewhere"))
    (folder / "events.jsonl").touch()
    later = time.time() + 1000
    monkeypatch.setattr("workbench.state.time.time", lambda: later)
    assert Status.read(folder).state == "interrupted"
    assert "elsewhere" in Status.read(folder).reason


def test_conclusions_are_said_once(folder: Path) -> None:
    move(folder, {"queued"}, "running", process=DEAD)
    conclude(folder, "failed", reason="Why.", detail="log")
    with pytest.raises(RunStateError):
        conclude(folder, "interrupted")
    status = Status.read(folder)
    assert (status.state, status.reason, status.detail) == ("failed", "Why.", "log")


def test_amending_needs_somebody_at_work(folder: Path) -> None:
    with pytest.raises(RunStateError):
        amend(folder, device="cpu")
    run_until(folder, "running")
    assert amend(folder, device="cuda:1").state == "running"
    assert Status.read(folder).device == "cuda:1"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"state": "running"}', '{"process": 3, "worker": null}'])
def test_a_damaged_state_is_named(folder: Path, content: str) -> None:
    (folder / "state.json").write_text(content)
    with pytest.raises(BadInput, match=r"state\.json cannot be read"):
        Status.read(folder)


def test_a_full_disk_gets_its_reserve_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_until(folder, "running")
    real = state.write_atomic

    def full(path: Path, content: str) -> None:
        if (folder / ".reserve").exists():
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(state, "write_atomic", full)
    assert conclude(folder, "failed", reason="The disk is full.").state == "failed"
    assert Status.read(folder).state == "failed"


class Life(RuleBasedStateMachine):
    """People and processes act on one run in any order; a model in plain words says what must come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        create(self.folder)
        self.expected, self.alive = "queued", False
        self.final: bytes | None = None

    def teardown(self) -> None:
        self.temporary.cleanup()

    def act(self, sources: set[str], target: str, **changes: object) -> None:
        before = (self.folder / "state.json").read_bytes()
        if self.seen() in sources:
            move(self.folder, sources, target, **changes)
            self.expected = target
        else:
            settled = self.seen() != Status.written(self.folder).state
            with pytest.raises(RunStateError):
                move(self.folder, sources, target, **changes)
            assert settled or (self.folder / "state.json").read_bytes() == before
            self.expected = self.seen()

    def seen(self) -> str:
        return "interrupted" if self.expected in ("running", "stopping") and not self.alive else self.expected

    @rule()
    def claim(self) -> None:
        claimed = self.seen() == "queued"
        self.act({"queued"}, "running", process=ME, worker=ME)
        self.alive = self.alive or claimed

    @rule()
    def ask_to_stop(self) -> None:
        self.act({"running"}, "stopping", by="you")

    @rule()
    def cancel(self) -> None:
        self.act({"queued"}, "cancelled")

    @rule()
    def resume(self) -> None:
        self.act({"interrupted"}, "queued")

    @rule()
    def process_dies(self) -> None:
        if self.seen() in ("running", "stopping"):
            amend(self.folder, process=DEAD)
            self.alive = False

    @rule(end=st.sampled_from(["done", "failed", "interrupted"]))
    def process_ends(self, end: str) -> None:
        if self.alive and self.expected in ("running", "stopping"):
            conclude(self.folder, end)
            self.expected, self.alive = end, False

    @rule()
    def somebody_settles(self) -> None:
        settle(self.folder)
        self.expected = self.seen()

    @invariant()
    def it_is_what_the_model_says(self) -> None:
        assert Status.read(self.folder).state == self.seen()

    @invariant()
    def a_final_state_never_changes(self) -> None:
        if self.final is not None:
            assert (self.folder / "state.json").read_bytes() == self.final
        elif Status.written(self.folder).state in FINAL:
            self.final = (self.folder / "state.json").read_bytes()

    @invariant()
    def its_history_follows_the_arrows(self) -> None:
        states = [entry["state"] for entry in Status.written(self.folder).history]
        assert states[0] == "queued"
        assert all(after in ARROWS[before] for before, after in itertools.pairwise(states))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
