"""Run folders: whole, sortable, readable anywhere, half-written or not."""

import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from engines.errors import BadConfig, BadInput, RunStateError
from workbench import jobs, runs, state
from workbench.journal import FolderJournal
from workbench.paths import runs_root
from workbench.processes import Identity
from workbench.runs import Run, all_runs, find_run, new_id


@pytest.fixture
def run(no_worker: Path) -> Run:
    return jobs.submit("counter", "demo", {"steps": 7})


def test_ids_sort_by_time_and_are_safe_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    midnight = 20_000 * 86400.0
    for moment in (midnight, midnight + 1.5, midnight + 86399.999, midnight + 86400, 1.79e9, 1.79e9 + 0.002, 2.5e9):
        monkeypatch.setattr("workbench.runs.time.time", lambda moment=moment: moment)
        made.append(new_id())
    assert made == sorted(made)
    assert all(re.fullmatch(r"\d{6}-[0-9a-z]{8}", run_id) for run_id in made)


def test_a_new_run_is_whole(run: Run) -> None:
    assert run.state == "queued"
    assert run.folder.parent == runs_root()
    assert {path.name for path in run.folder.iterdir()} >= {"spec.json", "state.json", "checkpoints", "artifacts"}
    spec = json.loads((run.folder / "spec.json").read_text())
    assert set(spec) == {"id", "recipe", "preset", "config", "created", "parent", "mien", "hash"}
    assert spec["config"] == {"seed": 0, "steps": 7, "pause_s": 0.0, "save_every": 5, "fault": "", "fault_at": 10}


def test_the_hash_names_the_settings(no_worker: Path) -> None:
    one, same, other = (jobs.submit("counter", "demo", {"steps": steps}) for steps in (7, 7, 8))
    assert one.spec.hash == same.spec.hash != other.spec.hash


def test_nothing_is_left_of_a_run_that_cannot_be_written(no_worker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(state, "create", fail)
    with pytest.raises(RunStateError, match="No space left on device"):
        jobs.submit("counter")
    assert list(runs_root().iterdir()) == []


@pytest.mark.parametrize("overrides", [{"steps": 0}, {"steps": "x"}, {"unknown": 1}])
def test_bad_settings_make_no_run(no_worker: Path, overrides: dict) -> None:
    with pytest.raises(BadConfig):
        jobs.submit("counter", "demo", overrides)
    assert all_runs() == []


def test_events_are_followed_by_offset_and_a_half_line_waits(run: Run) -> None:
    assert run.events() == ([], 0)
    path = run.folder / "events.jsonl"
    one, two = b'{"seq":1,"time":1,"kind":"log","text":"a"}\n', b'{"seq":2,"time":2,"kind":"log","text":"b"}\n'
    path.write_bytes(one + two[:20])
    events, offset = run.events()
    assert [event["text"] for event in events] == ["a"]
    assert run.events(offset) == ([], offset)
    path.write_bytes(one + two)
    events, offset = run.events(offset)
    assert [event["text"] for event in events] == ["b"]
    assert offset == len(one + two)


def test_any_cut_in_the_last_line_loses_only_that_line(run: Run) -> None:
    line = b'{"seq":1,"time":1,"kind":"log","text":"a"}\n'
    for cut in range(1, len(line) + 1):
        (run.folder / "events.jsonl").write_bytes(line + line[:-cut])
        assert run.digest().log == ["a"]


def test_a_damaged_line_in_the_middle_is_passed_over(run: Run) -> None:
    good = b'{"seq":1,"time":1,"kind":"log","text":"a"}\n'
    damaged = [b"\0\0\0\n", b'{"seq":\n', b"3\n", b"[]\n", b"{}\n", b"\xff\xfe\n", b"\n"]
    (run.folder / "events.jsonl").write_bytes(good + b"".join(damaged) + good)
    assert run.digest().log == ["a", "a"]


def test_an_event_of_a_later_version_is_passed_over(run: Run) -> None:
    (run.folder / "events.jsonl").write_text('{"seq":1,"time":1,"kind":"hologram","x":1}\n')
    assert run.digest().offset > 0


def test_the_digest_reads_on_where_it_was(run: Run) -> None:
    journal = FolderJournal(run.folder)
    journal.metric(1, a=1.0)
    journal.table("t", [{"x": 1}])
    digest = run.digest()
    offset = digest.offset
    journal.metric(2, a=2.0, b=math.nan)
    journal.table("t", [{"x": 2}])
    journal.close()
    digest = run.digest()
    assert digest.offset > offset
    assert digest.tables == {"t": [{"x": 2}]}
    steps, values = digest.curves()["a"]
    assert (steps, values) == ([1, 2], [1.0, 2.0])
    assert math.isnan(digest.curves()["b"][1][0])


def test_steps_gone_through_again_replace_the_first_time(run: Run) -> None:
    first = FolderJournal(run.folder)
    for step in (1, 2, 3):
        first.metric(step, loss=float(step), only_first=0.0)
    first.close()
    second = FolderJournal(run.folder)
    for step in (2, 3, 4):
        second.metric(step, loss=10.0 * step)
    second.metric(4, auc=0.5)
    second.close()
    assert run.metrics() == [
        {"step": 1, "loss": 1.0, "only_first": 0.0},
        {"step": 2, "loss": 20.0, "only_first": 0.0},
        {"step": 3, "loss": 30.0, "only_first": 0.0},
        {"step": 4, "loss": 40.0, "auc": 0.5},
    ]


def test_time_left_is_told_at_the_pace_of_this_attempt(run: Run) -> None:
    def say(time: float, progress: float | None) -> None:
        event = {"seq": 1, "time": time, "kind": "phase", "name": "train", "progress": progress, "note": ""}
        with (run.folder / "events.jsonl").open("a") as file:
            file.write(json.dumps(event) + "\n")

    def left() -> float | None:
        phase = run.digest().phase
        return phase and phase.time_left_s

    say(0, None)
    assert left() is None
    with (run.folder / "events.jsonl").open("a") as file:
        file.write('{"seq":1,"time":50,"kind":"state","state":"running","reason":""}\n')
    assert left() is None
    say(100, 0.4)
    assert left() is None
    say(110, 0.5)  # 10 % took 10 s, 50 % are left
    assert left() == pytest.approx(50)


def test_a_copy_opens_on_another_machine(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = Identity(1, 0.0, "elsewhere", "")
    state.move(run.folder, {"queued"}, "running", process=elsewhere, worker=elsewhere, attempt=1)
    journal = FolderJournal(run.folder)
    journal.metric(1, a=1.0)
    journal.array("x", y=np.arange(2))
    journal.image("z", np.zeros((1, 1, 3), np.uint8), "Black")
    journal.close()
    copy = Run.open(Path(shutil.copytree(run.folder, tmp_path / "usb" / "renamed")))
    assert copy.id == run.id
    assert copy.metrics() == [{"step": 1, "a": 1.0}]
    assert copy.arrays("x")["y"].tolist() == [0, 1]
    assert copy.images()["z"].path.parent.parent.parent == copy.folder
    assert copy.images()["z"].caption == "Black"
    monkeypatch.setattr("workbench.state._SILENT_S", -1)
    assert copy.state == "interrupted"


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"id": "x", "surprise": 1}'])
def test_what_is_no_run_folder_is_named_and_left_out_of_lists(run: Run, content: str) -> None:
    broken = runs_root() / "broken"
    shutil.copytree(run.folder, broken)
    (broken / "spec.json").write_text(content)
    with pytest.raises(BadInput, match="is not a run folder"):
        Run.open(broken)
    (runs_root() / "stray.txt").touch()
    assert [found.id for found in all_runs()] == [run.id]


def test_runs_are_found_by_any_part_that_only_one_has(no_worker: Path) -> None:
    with pytest.raises(RunStateError, match="there are none yet"):
        find_run("last")
    older, newer = jobs.submit("counter"), jobs.submit("counter")
    assert [run.id for run in all_runs()] == [newer.id, older.id]
    assert find_run("last") == newer
    assert find_run(older.id) == older
    assert find_run(older.id[2:]) == older
    with pytest.raises(RunStateError, match="fits 2 runs"):
        find_run("-")
    for name in ("", "../..", "zzzz", older.id + "x"):
        with pytest.raises(RunStateError, match="There is no run"):
            find_run(name)


def test_files_have_ids_that_say_nothing_and_stay(run: Run) -> None:
    kept = run.folder / "artifacts" / "model"
    kept.mkdir()
    (kept / "weights.safetensors").write_bytes(b"x")
    (kept / "secret").symlink_to("/etc/passwd")
    (run.folder / "artifacts" / ".draft").touch()
    files = run.files()
    assert {path.name for path in files.values()} == {"spec.json", "weights.safetensors"}
    assert all(re.fullmatch("[0-9a-f]{16}", file_id) for file_id in files)
    (kept / "a-new-one").touch()
    assert files.items() <= run.files().items()


def test_the_command_makes_it_again(no_worker: Path) -> None:
    run = jobs.submit("counter", "full", {"steps": 9, "fault": "it's; rm -rf"})
    assert run.command == """mien train counter --preset full --set steps=9 --set 'fault=it'"'"'s; rm -rf'"""
    assert jobs.submit("counter", "full").command == "mien train counter --preset full"


def test_the_log_ends_with_its_last_lines(run: Run) -> None:
    assert run.log_tail() == ""
    run.log_path.write_text("\n".join(str(number) for number in range(100_000)))
    assert run.log_tail(2) == "99998\n99999"


def test_the_newest_checkpoint_counts_in_all_stages(run: Run) -> None:
    assert run.last_checkpoint is None
    journal = FolderJournal(run.folder)
    journal.checkpoints.save(5, lambda folder: (folder / "x").touch())
    assert run.last_checkpoint == 5
    runs.time.sleep(0.02)
    journal.checkpoints.stage("second").save(2, lambda folder: (folder / "x").touch())
    assert run.last_checkpoint == 2


def test_who_looks_next_reads_only_what_is_new_and_nobody_sees_a_digest_change(run: Run) -> None:
    journal = FolderJournal(run.folder)
    journal.metric(1, loss=0.5)
    journal.log("first")
    early = run.digest()
    assert Run.open(run.folder).digest() is early
    journal.metric(1, other=2.0)
    journal.log("second")
    journal.close()
    late = run.digest()
    assert early.metrics == {1: {"loss": 0.5}} and early.log == ["first"]
    assert late.metrics == {1: {"loss": 0.5, "other": 2.0}} and late.log == ["first", "second"]


def test_a_folder_filled_anew_is_read_anew(run: Run) -> None:
    journal = FolderJournal(run.folder)
    journal.log("a long line that will be gone")
    journal.close()
    assert run.digest().log == ["a long line that will be gone"]
    (run.folder / "events.jsonl").write_text('{"kind": "log", "text": "new"}\n')
    assert run.digest().log == ["new"]


def test_arrays_are_shared_and_cannot_be_changed(run: Run) -> None:
    journal = FolderJournal(run.folder)
    journal.array("numbers", values=np.arange(3))
    assert run.arrays("numbers")["values"] is run.arrays("numbers")["values"]
    with pytest.raises(ValueError, match="read-only"):
        run.arrays("numbers")["values"][0] = 7
    journal.array("numbers", values=np.arange(5))
    journal.close()
    assert len(run.arrays("numbers")["values"]) == 5
