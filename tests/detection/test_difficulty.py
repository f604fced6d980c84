"""Difficulty: deciles and correlations by hand, verdicts, and the whole page on a tiny set."""

import itertools
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engines.detection import difficulty
from engines.detection.difficulty import Measured, Sets, by_decile, by_family, markdown, measure, unfair
from engines.faceworld.dataset import FAMILIES

PEOPLE, REALS, FAKES = 10, 200, 400


def made(rng: np.random.Generator) -> Any:
    """What is read of a set: reals, and fakes of two families whose Q* is known."""
    labels = np.repeat([0, 1], [REALS, FAKES])
    return SimpleNamespace(
        labels=labels,
        family=np.where(labels == 0, "real", np.where(np.arange(REALS + FAKES) % 2, "swap", "mouth")),
        quality=np.where(labels == 0, 1, rng.random(REALS + FAKES)).astype(np.float32),
        target_id=np.arange(REALS + FAKES) % PEOPLE,
        spec=SimpleNamespace(families=("swap", "mouth")),
    )


def test_deciles_fall_when_better_forgeries_score_lower() -> None:
    rng = np.random.default_rng(0)
    test = made(rng)
    scores = np.where(test.labels == 0, 0, 2 * (1 - test.quality)) + rng.normal(0, 1, REALS + FAKES)
    rows = by_decile(scores, test, draws=20)
    assert [row["decile"] for row in rows] == list(range(1, 11)) and {row["fakes"] for row in rows} == {FAKES // 10}
    assert all(one["to"] <= other["from"] for one, other in itertools.pairwise(rows))
    assert rows[0]["auc"] > rows[-1]["auc"] + 0.2
    assert all(row["low"] <= row["auc"] <= row["high"] for row in rows)


def test_a_decile_by_hand() -> None:
    """Five fakes above all reals and five below: half of the deciles are told perfectly, half never."""
    test = made(np.random.default_rng(1))
    test.quality[REALS:] = np.linspace(0, 1, FAKES)
    scores = np.where(test.labels == 0, 0.0, np.where(test.quality < 0.5, 1.0, -1.0))
    assert [row["auc"] for row in by_decile(scores, test, draws=5)] == [1.0] * 5 + [0.0] * 5


def test_correlation_of_a_rank_with_itself_and_its_reverse() -> None:
    test = made(np.random.default_rng(2))
    use = np.flatnonzero(test.labels)
    for sign in (1, -1):
        row = difficulty._ranked("x", test, use, sign * test.quality[use] ** 3, draws=20)
        assert row["spearman"] == pytest.approx(sign) and row["fakes"] == FAKES
        assert row["low"] == pytest.approx(sign) and row["high"] == pytest.approx(sign)


def test_families_are_called_seen_by_what_was_trained_on() -> None:
    rng = np.random.default_rng(3)
    rows = by_family("chance", rng.normal(size=REALS + FAKES), made(rng), draws=20)
    assert {row["family"]: row["seen"] for row in rows} == {"swap": True, "mouth": False, "seen": True, "unseen": False}
    assert all(0.35 < row["auc"] < 0.65 for row in rows)


def test_hopeless_and_saturated_need_every_method() -> None:
    areas = {"fair": (0.58, 0.97), "hopeless": (0.5, 0.59), "saturated": (0.96, 0.99), "edge": (0.60, 0.95)}
    rows = [{"family": name, "auc": area} for name, pair in areas.items() for area in pair]
    assert unfair(rows) == {"hopeless": "hopeless", "saturated": "saturated"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        return Sets.build(people=4, reals=12, fakes=4)


@pytest.fixture(scope="module")
def found(tiny: Sets) -> Measured:
    return measure(tiny, ("vit-tiny-random",), draws=20)


def test_everything_is_measured(found: Measured) -> None:
    assert {row["method"] for row in found.families} == {"vit-tiny-random", "sharpness"}
    assert {row["family"] for row in found.families} == {*FAMILIES, "seen", "unseen"}
    assert len(found.deciles) == 10 and sum(row["fakes"] for row in found.deciles) == 4 * len(FAMILIES)
    assert {row["feature"] for row in found.leaks} == set(difficulty.baselines.FEATURES) - {"sharpness"}
    assert "identity cosine to the source" in [row["with"] for row in found.correlations]


def test_sets_share_nobody(tiny: Sets) -> None:
    shown = [set(part.target_id.tolist()) | set(part.source_id.tolist()) for part in tiny]
    assert not shown[0] & shown[1] and not shown[0] & shown[2] and not shown[1] & shown[2]


def test_the_page_holds_every_family(found: Measured, tiny: Sets) -> None:
    page = markdown(found, tiny)
    for family in FAMILIES:
        assert f"| {family} | {'yes' if family in difficulty.TRAIN_FAMILIES else 'no'} |" in page
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert len(tables) == 2 * 4 + len(FAMILIES) + 2 + 10 + len(found.correlations) + len(found.leaks)


def test_the_command_writes_page_and_numbers(
    found: Measured, tiny: Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(difficulty.Sets, "build", lambda *_: tiny)
    monkeypatch.setattr(difficulty, "measure", lambda _: found)
    difficulty.main(tmp_path / "out", 4, 12, 4)
    assert (tmp_path / "out/difficulty.md").read_text().startswith("# How hard")
    assert len(json.loads((tmp_path / "out/difficulty.json").read_text())["deciles"]) == 10
