"""What an engine says arrives as whole lines, cheaply, also after kills and full disks."""

import errno
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from workbench import journal as module
from workbench import state
from workbench.journal import FolderJournal
from workbench.processes import Identity


@pytest.fixture
def journal(tmp_path: Path) -> FolderJournal:
    return FolderJournal(tmp_path)


def events(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def test_each_kind_of_word_is_an_event(journal: FolderJournal, tmp_path: Path) -> None:
    journal.phase("train", 0.5, "half")
    journal.metric(3, **{"loss/real": 0.25})
    journal.table("auc", [{"family": "swap", "auc": np.float32(0.5)}])
    journal.array("spectra", layer=np.ones(3))
    journal.image("face", np.zeros((2, 3, 3), np.uint8), "A face")
    journal.log("läuft")
    journal.state("done", "why")
    journal.close()
    told = events(tmp_path)
    assert [event.pop("seq") for event in told] == list(range(1, 8))
    assert all(event.pop("time") > 1.7e9 for event in told)
    assert told == [
        {"kind": "phase", "name": "train", "progress": 0.5, "note": "half"},
        {"kind": "metric", "step": 3, "values": {"loss/real": 0.25}},
        {"kind": "table", "name": "auc", "rows": [{"family": "swap", "auc": 0.5}]},
        {"kind": "array", "file": "artifacts/arrays/spectra.npz", "name": "spectra"},
        {"kind": "image", "file": "artifacts/images/face.png", "name": "face", "caption": "A face"},
        {"kind": "log", "text": "läuft"},
        {"kind": "state", "state": "done", "reason": "why"},
    ]
    with np.load(tmp_path / "artifacts/arrays/spectra.npz") as arrays:
        assert arrays["layer"].tolist() == [1, 1, 1]
    assert Image.open(tmp_path / "artifacts/images/face.png").size == (3, 2)
    assert (tmp_path / "log.txt").read_text(encoding="utf-8").endswith("läuft\n")


def test_what_is_no_number_is_null(journal: FolderJournal, tmp_path: Path) -> None:
    journal.metric(1, a=math.nan, b=math.inf, c=np.float32(1))
    journal.close()
    assert events(tmp_path)[0]["values"] == {"a": None, "b": None, "c": 1.0}


def test_metrics_are_gathered_and_a_word_pushes_them_out_in_order(
    journal: FolderJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = []
    real = os.write
    monkeypatch.setattr(module.os, "write", lambda file, data: writes.append(data) or real(file, data))
    monkeypatch.setattr(module, "WRITE_EVERY_S", 1000)
    journal.metric(0, loss=1)  # the first comes at once: a page waits for it
    for step in range(1, 1001):
        journal.metric(step, loss=1)
    assert len(writes) == 1
    journal.phase("eval")
    assert len(writes) == 2
    assert [event.get("step") for event in events(tmp_path)] == [*range(1001), None]


@pytest.mark.parametrize("name", ["a/b", "", "..", "a b", "ü", "../x", "a\0"])
def test_names_that_are_no_file_names_are_a_defect(journal: FolderJournal, name: str) -> None:
    with pytest.raises(AssertionError, match="not a name"):
        journal.array(name, x=np.ones(1))
    with pytest.raises(AssertionError, match="objects"):
        journal.array("x", x=np.array([object()]))


@given(cut=st.integers(1, 80))
def test_a_half_written_line_is_cut_off_before_the_next(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("run")
    first = FolderJournal(folder)
    first.log("one")
    first.log("two")
    first.close()
    data = (folder / "events.jsonl").read_bytes()
    (folder / "events.jsonl").write_bytes(data[:-cut])
    whole = data[:-cut].count(b"\n")
    second = FolderJournal(folder)
    second.log("three")
    second.close()
    told = events(folder)
    assert [event["text"] for event in told] == [*["one", "two"][:whole], "three"]
    assert [event["seq"] for event in told] == list(range(1, whole + 2))


def test_a_long_last_line_is_found_whole(tmp_path: Path) -> None:
    first = FolderJournal(tmp_path)
    first.log("a")
    first.table("big", [{"text": "x" * 300_000}])
    first.close()
    second = FolderJournal(tmp_path)
    second.log("b")
    second.close()
    assert [event["seq"] for event in events(tmp_path)] == [1, 2, 3]


def test_a_full_disk_raises_and_leaves_whole_lines(
    journal: FolderJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.log("before")
    real = os.write

    def write_some_then_fail(file: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data[:-15])

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "write", write_some_then_fail)
        with pytest.raises(OSError, match="No space left"):
            journal.table("big", [{"x": 1}])
    journal.state("failed")
    journal.close()
    assert [event["kind"] for event in events(tmp_path)] == ["log", "state"]


def test_pictures_are_whole_or_absent(journal: FolderJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.image("face", np.zeros((2, 2, 3), np.uint8))

    def fail(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        journal.image("face", np.ones((9, 9, 3), np.uint8))
    assert Image.open(tmp_path / "artifacts/images/face.png").size == (2, 2)
    assert [path.name for path in (tmp_path / "artifacts/images").iterdir()] == ["face.png"]


def test_a_bare_folder_is_never_asked_to_stop(journal: FolderJournal) -> None:
    assert not journal.stopping()


def test_stopping_is_looked_up_seldom_and_seen_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state.create(tmp_path)
    me = Identity.of()
    state.move(tmp_path, {"queued"}, "running", process=me, worker=me)
    journal, now, looks = FolderJournal(tmp_path), [100.0], []
    real = module._asked_by
    monkeypatch.setattr(module, "_asked_by", lambda folder: looks.append(now[0]) or real(folder))
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    for _ in range(1000):
        assert not journal.stopping()
        now[0] += 0.001
    assert len(looks) == 5
    state.move(tmp_path, {"running"}, "stopping", by="you")
    now[0] += 0.2
    assert journal.stopping()
    assert journal.asked_by == "you"


def test_a_run_without_its_worker_is_to_stop(tmp_path: Path) -> None:
    state.create(tmp_path)
    gone = Identity(1, 0.0, Identity.of().host, Identity.of().boot)
    state.move(tmp_path, {"queued"}, "running", process=Identity.of(), worker=gone)
    journal = FolderJournal(tmp_path)
    assert journal.stopping()
    assert journal.asked_by == "the end of its worker"
