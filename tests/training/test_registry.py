"""What every registered recipe keeps: four presets, a tiny run within its time, results that can be kept, stopping."""

import json
import time

import pytest

from engines import recipes
from engines.errors import Stopped
from engines.training.journal import MemoryJournal
from engines.training.recipe import PRESETS

TINY_S = 20
"""What `tiny` may take on two free cores; a machine shared with other tests gets three times that."""


@pytest.fixture(scope="module", params=recipes.MODULES)
def run(request):
    """A recipe, its journal and outcome of a tiny run, and how long that took."""
    recipe, journal, began = recipes.get(request.param), MemoryJournal(), time.monotonic()
    outcome = recipe(recipe.configure("tiny"), journal)
    return recipe, journal, outcome, time.monotonic() - began


@pytest.mark.parametrize("name", recipes.MODULES)
def test_every_preset_is_valid(name):
    recipe = recipes.get(name)
    assert recipe.name == name and recipe.title and recipe.says and recipe.paper.link.startswith("https://")
    assert set(recipe.presets) == set(PRESETS)
    for preset in PRESETS:
        config = recipe.configure(preset)
        assert recipe.config.build(json.loads(config.model_dump_json())) == config


def test_tiny_ends_in_time(run):
    assert run[3] < 3 * TINY_S


def test_it_says_what_it_does(run):
    _, journal, *_ = run
    assert journal.phases and journal.metrics and journal.tables
    shares = [share for _, share, _ in journal.phases if share is not None]
    assert shares and all(0 <= share <= 1 for share in shares)


def test_the_summary_goes_to_json(run):
    _, _, outcome, _ = run
    numbers = json.loads(json.dumps(outcome.summary(), allow_nan=False))
    assert numbers["data"], "a result says what it was measured on"


def test_it_leaves_something_to_keep(run, tmp_path):
    _, _, outcome, _ = run
    outcome.save(tmp_path)
    kept = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert {".safetensors", ".json"} <= kept and not kept & {".pt", ".pth", ".pkl", ".bin"}


@pytest.mark.parametrize("name", recipes.MODULES)
def test_it_stops_when_asked_and_goes_on(name, tmp_path):
    """Stopped after a step, a second call of the same journal folder ends where an undisturbed run would."""
    recipe = recipes.get(name)
    config = recipe.configure("tiny")
    with pytest.raises(Stopped):
        recipe(config, MemoryJournal(tmp_path, stop_at=2))
    again = MemoryJournal(tmp_path)
    assert recipe(config, again).summary()["data"]
    assert any("resumed after step" in line for line in again.lines)
