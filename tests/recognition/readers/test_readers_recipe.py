"""The recipe `readers`, small: what it leaves, resuming bit for bit, the paper's route on a folder, what it refuses."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from engines import recipes
from engines.backbones.cards import load_bundled
from engines.backbones.readers import Readers
from engines.errors import BadConfig, BadInput, BadWeights, Stopped
from engines.recognition import bundle as bundling
from engines.recognition.readers.recipe import command
from engines.training.journal import MemoryJournal

RECIPE = recipes.get("readers")
SMALL = {"people": 12, "photos": 3, "test_people": 8, "test_photos": 2}


@pytest.fixture(scope="module")
def tiny():
    journal = MemoryJournal()
    return journal, RECIPE(RECIPE.configure("tiny", SMALL), journal)


def kept(outcome, folder):
    folder.mkdir(exist_ok=True)
    outcome.save(folder)
    return {name: load_bundled(name, folder)[0] for name in ("identity", "attributes")}


def same(first, second):
    return all(torch.equal(first[name][key], second[name][key]) for name in first for key in first[name])


def test_it_says_each_readers_losses(tiny):
    journal, _ = tiny
    identity = [row for row in journal.metrics if "identity/loss/total" in row]
    assert [row["step"] for row in identity] == list(range(1, 7))
    assert [row["identity/margin/now"] for row in identity] == pytest.approx([0, 0.5 / 3, 1 / 3, 0.5, 0.5, 0.5])
    parts = [row for row in journal.metrics if "attributes/loss/pose" in row]
    assert len(parts) == 6
    for row in parts:
        total = sum(row[f"attributes/loss/{part}"] for part in ("pose", "years", "landmarks"))
        assert row["attributes/loss/total"] == pytest.approx(total, rel=1e-5)


def test_tables_hold_the_readers_and_their_rivals(tiny):
    journal, outcome = tiny
    rows = journal.tables["identity"]
    readers = {row["reader"] for row in rows}
    assert readers == {"identity", "identity at 64 px", "embedder of photographs", "8 x 8 thumbnail"}
    assert all(0 <= row["low"] <= row["eer"] <= row["high"] <= 1 for row in rows)
    whole = {row["what"]: row for row in journal.tables["attributes"] if row["group"] == "all" and row["px"] == 64}
    assert set(whole) == {"yaw", "pitch", "roll", "years", "landmarks"}
    assert all(row["photographs"] == 16 and row["error of the mean"] > 0 for row in whole.values())
    json.dumps(outcome.summary(), allow_nan=False)


def test_what_is_saved_is_what_was_measured(tiny, tmp_path):
    journal, outcome = tiny
    kept(outcome, tmp_path)
    readers, test = Readers.load(tmp_path), outcome.summary()
    assert readers.threshold == test["threshold"]
    found = load_bundled("attributes", tmp_path)[1].held_out["mean error of years at 64 px, years"]
    rows = {row["what"]: row for row in journal.tables["attributes"] if row["group"] == "all" and row["px"] == 64}
    assert found == pytest.approx([rows["years"][name] for name in ("error", "low", "high")], abs=1e-4)


class StoppingJournal(MemoryJournal):
    """Asks for a stop once a metric of that name and step was said."""

    until: tuple[str, int] | None = None

    def stopping(self):
        return self.until is not None and any(
            self.until[0] in row and row["step"] >= self.until[1] for row in self.metrics
        )


@pytest.mark.parametrize("until", [("identity/loss/total", 2), ("attributes/loss/total", 5)])
def test_stopped_and_resumed_is_bit_identical(tiny, tmp_path, until):
    journal, config = StoppingJournal(), RECIPE.configure("tiny", SMALL)
    journal.until = until
    with pytest.raises(Stopped, match=f"step {until[1]} of 6"):
        RECIPE(config, journal)
    journal.until = None
    torch.manual_seed(99)  # whatever happened in between must not matter
    resumed = kept(RECIPE(config, journal), tmp_path / "resumed")
    assert same(resumed, kept(tiny[1], tmp_path / "whole"))
    assert [row["step"] for row in journal.metrics if "identity/loss/total" in row] == list(range(1, 7))


def test_bundled_from_a_run(tiny, tmp_path):
    kept(tiny[1], tmp_path / "model")
    cards = bundling.bundle(tmp_path / "model", tmp_path / "assets")
    assert [card.name for card in cards] == ["identity", "attributes"]
    assert cards[0].command.startswith("mien train readers --preset full --set ") and cards[0].licence == "Apache-2.0"
    assert Readers.load(tmp_path / "assets").threshold == Readers.load(tmp_path / "model").threshold
    path = tmp_path / "model" / "attributes.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(BadWeights):
        bundling.bundle(tmp_path / "model", tmp_path / "assets")


def test_the_command_on_a_card_runs_it_again():
    assert command(RECIPE.configure("full")) == "mien train readers --preset full --wait"
    changed = command(RECIPE.configure("full", {"readers": ("identity",), "margin": 0.25}))
    assert changed == "mien train readers --preset full --set readers=identity --set margin=0.25 --wait"


@pytest.mark.parametrize("loss", ["cosface", "adaface"])
def test_other_losses_train(loss, tmp_path):
    journal = MemoryJournal()
    RECIPE(RECIPE.configure("tiny", {**SMALL, "readers": "identity", "loss": loss, "steps": 2}), journal)
    assert not np.isnan([row["identity/loss/total"] for row in journal.metrics if "identity/loss/total" in row]).any()


def test_the_teacher_is_a_switch():
    journal = MemoryJournal()
    settings = {**SMALL, "readers": "identity", "teacher": 2.0, "steps": 2, "batch": 4}
    RECIPE(RECIPE.configure("tiny", settings), journal)
    assert all(0 <= row["identity/loss/teacher"] <= 2 for row in journal.metrics if "identity/loss/teacher" in row)


def folder_of(root, people, photos=3, size=112):
    rng = np.random.default_rng(0)
    for person in range(people):
        place = root / f"{person:03d}"
        place.mkdir(parents=True)
        tint = rng.integers(0, 200, 3)
        for photo in range(photos):
            pixels = tint + rng.integers(0, 50, (size, size, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(place / f"{photo}.png")
    return root


def test_the_papers_preset_on_its_own_layout(tmp_path):
    """Only the network, the pictures and the number of steps differ from the paper's run."""
    small = {"data": str(folder_of(tmp_path, 20, size=96)), "network": "ir-xs", "batch": 4, "steps": 2, "draws": 20}
    journal = MemoryJournal()
    outcome = RECIPE(RECIPE.configure("paper", {**small, "precision": "fp32"}), journal)
    numbers = outcome.summary()
    assert numbers["data"] == small["data"] and "attributes" not in numbers
    assert {row["reader"] for row in numbers["identity"]} == {"identity", "identity at 64 px", "8 x 8 thumbnail"}
    outcome.save(tmp_path)
    with pytest.raises(BadInput, match="cannot ship"):
        bundling.check([load_bundled("identity", tmp_path)[1]])


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"data": "/nowhere", "readers": "identity"}, BadInput, "There is no folder '/nowhere'"),
        ({"data": "/nowhere"}, BadConfig, "only who is who is known"),
        ({"data": "/nowhere", "readers": "identity", "teacher": 1}, BadConfig, "set teacher to 0"),
        ({"readers": "mood"}, BadConfig, "name identity, attributes or both"),
        ({"network": "ir-7"}, BadConfig, "there are ir-xs"),
    ],
)
def test_what_does_not_go_together(settings, error, words):
    with pytest.raises(error, match=words):
        RECIPE(RECIPE.configure("tiny", {**SMALL, **settings}), MemoryJournal())


def test_a_folder_needs_people_and_pictures(tmp_path):
    settings = {"data": str(folder_of(tmp_path / "few", 3)), "readers": "identity"}
    with pytest.raises(BadInput, match="3 folders of people; at least 20"):
        RECIPE(RECIPE.configure("tiny", settings), MemoryJournal())
    root = folder_of(tmp_path / "gap", 20, photos=2)
    (root / "empty").mkdir()
    with pytest.raises(BadInput, match="holds no pictures"):
        RECIPE(RECIPE.configure("tiny", {**settings, "data": str(root)}), MemoryJournal())
