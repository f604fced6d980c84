"""The command line: JSON alone on standard output, sentences on standard error, exit codes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import types
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from counter.engine import value_after
from typer.testing import CliRunner
from waiting import until, until_state, until_step

from workbench import jobs
from workbench.cli import app
from workbench.runs import all_runs, find_run

MIEN = [sys.executable, "-c", "from workbench.cli import main; main()"]


def mien(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([*MIEN, *words], capture_output=True, text=True, timeout=90, check=False)


def sentence(answer: subprocess.CompletedProcess) -> str:
    """What a failed command said: one sentence, no traceback, nothing on standard output."""
    assert answer.returncode == 1, answer
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    return answer.stderr.strip()


def test_recipes_as_json(home: Path) -> None:
    listed = json.loads(mien("recipes", "--json").stdout)
    counter = next(recipe for recipe in listed if recipe["name"] == "counter")
    assert counter == {
        "name": "counter",
        "title": "Counter: adds pseudo-random numbers",
        "paper": {"title": "On counting", "venue": "Arithmetic", "link": "https://example.org/counting"},
        "presets": {"tiny": {"steps": 5}, "demo": {}, "full": {"steps": 1000}, "paper": {"steps": 10_000}},
    }
    assert listed[0]["name"] == "effort"
    assert all(list(recipe["presets"]) == ["tiny", "demo", "full", "paper"] for recipe in listed)


@pytest.mark.parametrize("words", [["--help"], ["recipes", "--json"], ["runs"], ["train", "--help"]])
def test_listing_needs_no_torch(home: Path, words: list[str]) -> None:
    script = (
        "import atexit, sys; atexit.register(lambda: print('torch' in sys.modules, 'gradio' in sys.modules, "
        "'streamlit' in sys.modules, file=sys.stderr)); from workbench.cli import main; main()"
    )
    answer = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert answer.returncode == 0
    assert answer.stderr.split() == ["False", "False", "False"]


def test_training_with_wait_and_json(home: Path) -> None:
    answer = mien("train", "counter", "--preset", "tiny", "--set", "seed=4", "--wait", "--json")
    told = json.loads(answer.stdout)
    assert set(told) == {
        "id", "recipe", "preset", "state", "reason", "created", "attempt", "parent", "folder", "result",
    }  # fmt: skip
    assert (told["state"], told["preset"]) == ("done", "tiny")
    assert told["result"] == {"value": value_after(5, 4), "steps": 5, "ratio": None}
    assert "is done." in answer.stderr
    listed = json.loads(mien("runs", "--json").stdout)
    assert listed == [{key: value for key, value in told.items() if key != "result"}]


def test_training_without_wait_goes_on_alone(home: Path) -> None:
    answer = mien("train", "counter", "--json")
    told = json.loads(answer.stdout)
    assert set(told) == {"id", "recipe", "preset", "state", "reason", "created", "attempt", "parent", "folder"}
    until_state(find_run(told["id"]), "done")


def test_results_are_for_people_without_json(home: Path) -> None:
    answer = mien("train", "counter", "--preset", "tiny", "--wait")
    assert f"value: {value_after(5, 0)}" in answer.stdout
    assert answer.returncode == 0


def test_a_failed_run_ends_with_its_reason_and_code_1(home: Path) -> None:
    answer = mien("train", "counter", "--set", "fault=input", "--wait", "--json")
    assert answer.returncode == 1
    told = json.loads(answer.stdout)
    assert (told["state"], told["result"]) == ("failed", None)
    assert "The folder holds no pictures; choose another." in answer.stderr


def test_stop_log_and_resume(home: Path) -> None:
    run = jobs.submit("counter", "demo", {"steps": 80, "pause_s": 0.03})
    until_step(run, 3)
    stopped = json.loads(mien("stop", run.id, "--wait", "--json").stdout)
    assert stopped["state"] == "interrupted"
    assert "Stopped by you at step" in stopped["reason"]
    answer = mien("resume", "last", "--wait", "--json")
    assert json.loads(answer.stdout)["result"]["value"] == value_after(80, 0)
    assert f"resumed after step {stopped['reason'].split('step ')[1].split(';')[0]}" in mien("log", run.id).stdout
    assert sentence(mien("stop", run.id)) == f"Run {run.id} is done: there is nothing to stop."
    assert f"Run {run.id} is done: its state is final" in sentence(mien("resume", run.id))


def test_a_log_is_followed_to_its_end(home: Path) -> None:
    run = jobs.submit("counter", "demo", {"steps": 60, "pause_s": 0.03})
    until_step(run, 2)
    run.log_path.open("a").write("first\n")
    following = subprocess.Popen([*MIEN, "log", run.id, "--follow"], stdout=subprocess.PIPE, text=True)
    assert following.stdout is not None
    assert following.stdout.readline() == "first\n"
    run.log_path.open("a").write("second\n")
    assert following.communicate(timeout=30)[0] == "second\n"
    assert run.state == "done"


def test_ctrl_c_leaves_the_run_going(home: Path) -> None:
    waiting = subprocess.Popen(
        [*MIEN, "train", "counter", "--set", "steps=200", "--set", "pause_s=0.03", "--wait"],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert until(lambda: all_runs() and all_runs()[0].state == "running")
    time.sleep(0.3)
    os.killpg(waiting.pid, signal.SIGINT)
    assert "goes on without this window" in waiting.communicate(timeout=10)[1]
    assert waiting.returncode == 130
    until_state(all_runs()[0], "done")


def test_no_runs_is_an_empty_list(home: Path) -> None:
    assert json.loads(mien("runs", "--json").stdout) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "nothing"], "There is no recipe 'nothing'; there are effort"),
        (["train", "counter", "--preset", "huge"], "counter has no preset 'huge'; it has tiny, demo, full, paper."),
        (["train", "counter", "--set", "steps=0"], "steps = '0': input should be greater than or equal to 1."),
        (["train", "counter", "--set", "stepz=3"], "There is no setting 'stepz'; the settings are"),
        (["train", "counter", "--set", "steps"], "'steps' is no setting; write it as --set key=value."),
        (["stop", "nothing"], "There is no run 'nothing'; there are none yet."),
        (["log", "../../etc"], "There is no run '../../etc'"),
        (["serve", "--host", "0.0.0.0"], "Mien does not listen on 0.0.0.0 without authentication"),
        (["serve", "--host", "0.0.0.0", "--public"], "Mien does not listen on 0.0.0.0 without authentication"),
        (["serve", "--host", "203.0.113.7"], "Mien does not listen on 203.0.113.7 without authentication"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(home: Path, words: list[str], said: str) -> None:
    assert said in sentence(mien(*words))


def test_a_wrong_option_ends_with_2(home: Path) -> None:
    assert mien("train").returncode == 2
    assert mien("serve", "--port", "99999").returncode == 2


def test_a_setting_that_is_a_list_is_separated_by_commas(home: Path) -> None:
    from workbench.cli import _overrides

    assert _overrides("effort", ["methods=effort,lora:lora_rank=8", "seeds=3"]) == {
        "methods": ["effort", "lora:lora_rank=8"],
        "seeds": "3",
    }


def test_detection_as_json_and_for_people(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    face = {"box": [1, 2, 3, 4], "landmarks": [[0, 0]], "quality": {"size_px": 80}}
    answer = {"faces": [{**face, "scores": {"probe": 0.25, "effort": 0.5}, "verdict": "unsure"}]}
    judge = types.ModuleType("engines.detection.judge")
    judge.judge_file = lambda path: answer
    monkeypatch.setitem(sys.modules, "engines.detection.judge", judge)
    told = CliRunner().invoke(app, ["detect", "x.png", "--json"])
    assert json.loads(told.stdout) == answer
    told = CliRunner().invoke(app, ["detect", "x.png"])
    assert told.stdout == "face 1 at [1, 2, 3, 4]: unsure (probe 0.25, effort 0.50)\n"
    answer["faces"].clear()
    assert CliRunner().invoke(app, ["detect", "x.png"]).stdout == "No face was found.\n"


def test_weights_as_json() -> None:
    cards = json.loads(CliRunner().invoke(app, ["weights", "--json"]).stdout)
    assert {"dinov2-s6", "face-embedder", "retinaface-mobile025"} <= {card["name"] for card in cards}
    assert all(len(card["sha256"]) == 64 and card["licence"] and card["origin"] for card in cards)


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_server_serves_and_runs_outlive_it(home: Path) -> None:
    port = free_port()
    server = subprocess.Popen([*MIEN, "--no-browser", "--port", str(port)], stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    address = f"http://127.0.0.1:{port}"
    try:
        assert until(lambda: get(f"{address}/healthz")[0] == 200, 60)
        assert "<title>" in get(address)[1]
        assert until(lambda: json.loads(get(f"{address}/healthz")[1])["worker"]["alive"])
        second = mien("--no-browser", "--port", str(port))
        assert sentence(second).startswith(f"Port {port} is in use")
        run = jobs.submit("counter", "demo", {"steps": 300, "pause_s": 0.03})
        until_step(run, 3)
    finally:
        server.send_signal(signal.SIGINT)
        said = server.communicate(timeout=20)[1]
    assert f"Mien is at {address}/" in said
    assert server.returncode in (0, -signal.SIGINT, 130)
    assert run.state == "running"
    until_state(run, "done")
