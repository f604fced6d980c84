"""The whole experiment on a few pictures: rivals, switches, resuming, the papers' layouts end to end."""

import numpy as np
import pytest
import torch

from engines.continual import intervals
from engines.continual.data.files import Array
from engines.continual.record import Record
from engines.continual.safe import train as experiment
from engines.continual.safe.recipe import METHODS, RECIPE, SafeConfig, parsed
from engines.continual.safe.slow_fast import SlowFast
from engines.continual.sessions import plan
from engines.continual.stream import Part, Stream
from engines.errors import BadConfig, Stopped
from engines.training.journal import MemoryJournal
from tests.continual.test_stream_layouts import cifar_tree, domain_tree


def toy(classes=4, domains=(), train=4, test=2, seed=0):
    """Pictures of a colour each, with noise; a domain is a brightness."""
    rng, parts, count = np.random.default_rng(seed), [], max(1, len(domains))
    colours = rng.integers(30, 200, (classes, 3))
    for each in (train, test):
        labels = np.tile(np.repeat(np.arange(classes), each), count)
        at = np.repeat(np.arange(count), classes * each)
        noise = rng.normal(0, 8, (len(labels), 28, 28, 3))
        images = np.clip(colours[labels][:, None, None] + 20 * at[:, None, None, None] + noise, 0, 255).astype(np.uint8)
        parts.append(Part(Array(images), labels, at))
    return Stream("toy", tuple("abcdefgh"[:classes]), *parts, domains=domains)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The toy stream in place of the world's."""
    torch.set_num_threads(1)
    monkeypatch.setattr(experiment.streams, "load", lambda config, journal: toy())


def settings(**changes) -> SafeConfig:
    return RECIPE.configure("tiny", changes)


def run(journal=None, **changes):
    journal = journal or MemoryJournal()
    return RECIPE(settings(**changes), journal), journal


def numbers(journal, curve="answer", name="safe-0-0"):
    return journal.arrays[f"record-{name}"][f"accuracy_{curve}"]


def test_every_rival_fills_its_matrix_in_one_run():
    outcome, journal = run(methods=METHODS, epochs=1, later_epochs=1)
    for method in METHODS:
        accuracy = numbers(journal, name=f"{method}-0-0")
        known = np.isfinite(accuracy)
        expected = [[False, False], [True, True]] if method == "joint" else [[True, False], [True, True]]
        assert known.tolist() == expected, method
    rows = outcome.summary()["compared"]
    assert {row["method"] for row in rows} == set(METHODS)
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    assert {row["second"] for row in outcome.summary()["differences"]} == set(METHODS) - {"safe"}


@pytest.mark.parametrize("pet", ["ssf", "vpt"])
def test_other_banks_and_the_released_switches(pet):
    released = {"gram": "shared", "new_rows": "zero", "slow_rows": "zero"}
    whole = {"views": 0, "tuned_blocks": 0, "epochs": 1, "later_epochs": 1}
    _, journal = run(methods=("safe",), pet=pet, **released, **whole)
    assert np.isfinite(numbers(journal)).tolist() == [[True, False], [True, True]]


def test_a_domain_stream_measures_forward_transfer(monkeypatch):
    monkeypatch.setattr(experiment.streams, "load", lambda config, journal: toy(2, ("dark", "light")))
    outcome, journal = run(methods=("safe", "ncm", "ease", "l2p", "sequential"), epochs=1, later_epochs=1)
    assert np.isfinite(numbers(journal)).all()
    assert all(row["forward_transfer"] is not None for row in outcome.summary()["measures"])


@pytest.mark.parametrize("stop", [2, 6, 9, 13])
def test_a_stopped_run_ends_with_the_same_matrix(stop, tmp_path):
    """Stops inside the first session, between sessions, inside a later one, and between methods."""
    changes = {"methods": ("safe", "sequential"), "epochs": 2, "later_epochs": 2, "checkpoint_s": 0.0}
    _, whole = run(**changes)
    with pytest.raises(Stopped):
        run(MemoryJournal(tmp_path, stop_at=stop), **changes)
    _, resumed = run(MemoryJournal(tmp_path), **changes)
    for name in ("record-safe-0-0", "record-sequential-0-0"):
        for key in ("accuracy_answer", "right_answer", "probes", "drift"):
            assert np.array_equal(whole.arrays[name][key], resumed.arrays[name][key], equal_nan=True), (name, key)
    weights = [journal.arrays["record-safe-0-0"]["slow_weight"] for journal in (whole, resumed)]
    assert np.array_equal(*weights, equal_nan=True)


def test_the_slow_learner_never_changes_and_the_fast_one_does(monkeypatch):
    seen = []
    solve = SlowFast._solve

    def watched(self, session):
        seen.append(
            {name: {k: v.clone() for k, v in self.sides[name].bank.state_dict().items()} for name in self.sides}
        )
        solve(self, session)

    monkeypatch.setattr(SlowFast, "_solve", watched)
    run(methods=("safe",))
    slow = [state["slow"] for state in seen]
    assert all(torch.equal(slow[0][key], slow[1][key]) for key in slow[0])
    assert any(not torch.equal(seen[0]["fast"][key], seen[1]["fast"][key]) for key in seen[0]["fast"])


def test_with_no_learning_the_sums_forget_nothing():
    """Without phase 1, features are frozen: after the last session any order gives one head, up to the ridge chosen."""
    _, journal = run(methods=("ranpac-frozen", "ncm"), orders=2, order=0, ridge_low=1, ridge_high=1)
    for method in ("ranpac-frozen", "ncm"):
        records = [journal.arrays[f"record-{method}-0-{order}"] for order in (0, 1)]
        last = [record["right_answer"][-1] for record in records]
        assert np.array_equal(last[0], last[1])
        assert all((record["drift"] == 1).all() for record in records)


def test_what_was_cached_answers_as_the_run_did():
    from engines.continual.mixing import head_logits, mix

    _, journal = run(methods=("safe",))
    record = journal.arrays["record-safe-0-0"]
    kept = journal.arrays["cached-safe-0-0-1"]
    mixed = mix(*(head_logits(kept, name, "ridge") for name in ("slow", "fast"))).logits
    right = mixed.argmax(1) == record["labels"][kept["rows"]]
    assert np.array_equal(right, record["right_answer"][1, kept["rows"]])
    assert {head_logits(kept, "fast", head).shape for head in ("class mean", "cosine")} == {mixed.shape}


def test_the_headline_is_never_the_better_of_two():
    _, journal = run(methods=("safe",), epochs=1, later_epochs=3)
    record = journal.arrays["record-safe-0-0"]
    released = record["accuracy_released"][1].mean()
    assert released == pytest.approx(max(record["accuracy_answer"][1].mean(), record["accuracy_fast"][1].mean()))


def test_ablations_are_entries_of_their_own():
    assert settings().of("safe:lambda_cc=0:gamma=2.5")[1].gamma == 2.5
    with pytest.raises(BadConfig, match="tower, which all methods"):
        settings(methods=("safe:tower=x",)).entries()
    for text in ("safer", "safe:nothing=1", "safe:gamma"):
        with pytest.raises(ValueError, match="is not a method"):
            parsed(text)
    with pytest.raises(BadConfig):
        settings(methods=("safe", "safe"))
    with pytest.raises(BadConfig, match="ridge_low"):
        settings(ridge_low=3, ridge_high=1)


def test_the_papers_settings_on_the_papers_layouts(tmp_path, monkeypatch):
    monkeypatch.undo()
    small = {
        "tower": "vit-tiny-random", "crop_px": 28, "resize_px": 28, "epochs": 1, "later_epochs": 1, "projection": 16,
        "batch": 4, "first": 2, "increment": 2, "precision": "fp32", "methods": ("safe", "ranpac"),
    }  # fmt: skip
    for root, sessions in ((cifar_tree(tmp_path / "c"), 2), (domain_tree(tmp_path / "d"), 2)):
        journal = MemoryJournal()
        outcome = RECIPE(RECIPE.configure("paper", {**small, "data": str(root)}), journal)
        assert numbers(journal, name="safe-1-1993").shape == (sessions, sessions)
        assert "face world" not in outcome.summary()["data"]


def record_of(right):
    made = Record("toy", 0, 0, plan(toy(), 2, 2, 0))
    made.right["answer"] = np.array(right, np.float32)
    return made


def test_intervals_hold_the_value_and_narrow_to_a_point_when_all_is_right():
    nan = [np.nan] * 4
    perfect = intervals.drawn(record_of([[1] * 4 + nan, [1] * 8]), 20)
    (row,) = [row for row in intervals.rows({"toy": [perfect]}) if row["measure"] == "final"]
    assert row["value"] == row["low"] == row["high"] == 1
    mixed = intervals.drawn(record_of([[1, 0, 1, 1, *nan], [1, 0, 1, 0, 1, 1, 0, 1]]), 60)
    (row,) = [row for row in intervals.rows({"toy": [mixed]}) if row["measure"] == "final"]
    assert row["value"] == pytest.approx(5 / 8) and row["low"] < row["value"] < row["high"]
    same = intervals.differences({"a": [mixed], "b": [mixed]}, "a")
    assert all(row["low"] == row["value"] == row["high"] == 0 for row in same)
