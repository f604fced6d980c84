"""The recipe on the world, on folders and on containers: which system is trained on what, and what a run leaves."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from engines import recipes
from engines.data import containers
from engines.data.containers import pairs_bin
from engines.errors import BadConfig, BadInput
from engines.recognition.augment import parted
from engines.recognition.frcsyn import sets, submission
from engines.recognition.frcsyn.recipe import require_data
from engines.recognition.frcsyn.tasks import SUBTASKS
from engines.training.journal import MemoryJournal

RECIPE = recipes.get("frcsyn")


class Named:
    """Faces without pictures: so many of each person."""

    def __init__(self, name, people, photos):
        self.people = np.repeat([f"{name}/{i:03d}" for i in range(people)], photos)

    def __len__(self):
        return len(self.people)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve people of three pictures each, in a folder and in a .rec; and a .bin of pairs."""
    root = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    for person in range(12):
        base = rng.integers(0, 255, 3)
        for number in range(3):
            path = root / "folder" / f"id{person:02d}" / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.clip(base + rng.normal(0, 20, (112, 112, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(path)
    containers.convert(root / "folder", root / "set.rec")
    file = io.BytesIO()
    Image.fromarray(np.zeros((112, 112, 3), np.uint8)).save(file, "JPEG")
    pairs_bin.write_bin(pairs_bin.PairSet([file.getvalue()] * 40, np.arange(20) % 2 == 0), root / "lfw.bin")
    return root


@pytest.fixture(scope="module")
def run(folder):
    """Real pictures from a folder, synthetic ones from a .rec: the paper's way, on files."""
    sources = {"real": str(folder / "folder"), "sources": (str(folder / "set.rec"),), "limit": 15}
    config = RECIPE.configure("tiny", {**sources, "sets": (str(folder / "lfw.bin"),), "steps": 2, "seeds": 2})
    journal = MemoryJournal()
    return journal, RECIPE(config, journal)


def test_people_drawn_by_the_bundled_generator_are_a_source(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(sets, "drawn_people", lambda *sizes: asked.append(sizes[:2]) or folder / "folder")
    config = RECIPE.configure("tiny", {"sources": ("id3",), "rendered_people": 12, "rendered_photos": 3})
    faces = sets.open_set("id3", config, lambda share: None, lambda: False)
    assert asked == [(12, 3)] and len(faces) == 36 and len(np.unique(faces.people)) == 12


def test_systems_enter_their_subtasks():
    config = RECIPE.configure("tiny", {"limit": 20, "shares": (0.5,)})
    made = {
        one.name: one for one in sets.systems(config, Named("world", 20, 3), {"rendered": Named("rendered", 20, 3)})
    }
    assert {name: one.subtasks for name, one in made.items()} == {
        "real": (), "rendered, limited": ("1.1", "2.1"), "rendered": ("1.2", "2.2"),
        "real + rendered": ("1.3", "2.3"), "50% rendered": (),
    }  # fmt: skip
    sizes = {name: len(one.train) for name, one in made.items()}
    assert sizes == {"real": 54, "rendered, limited": 18, "rendered": 54, "real + rendered": 72, "50% rendered": 54}
    assert made["real + rendered"].share == pytest.approx(18 / 72)
    for one in made.values():
        assert not set(one.train.people) & set(one.held.people), "the threshold's people are never trained on"


def test_one_system_for_both_where_the_limit_takes_all():
    made = sets.systems(RECIPE.configure("tiny"), Named("world", 20, 3), {"rendered": Named("rendered", 20, 3)})
    assert [one.subtasks for one in made] == [(), ("1.1", "1.2", "2.1", "2.2"), ("1.3", "2.3")]


def test_every_subtask_is_ranked_with_its_gap(run):
    journal, outcome = run
    rows = journal.tables["ranking"]
    assert {row["subtask"] for row in rows} == set(SUBTASKS)
    for row in rows:
        assert row["to_low"] <= row["to"] <= row["to_high"] and row["seeds"] == 2
        assert ("gap" in row) == (row["rank"] > 0)
    assert outcome.summary()["data"].endswith("folder")
    json.dumps(outcome.summary(), allow_nan=False)


def test_the_kept_scores_give_the_tables_numbers(run):
    journal, _ = run
    pairs, kept = journal.arrays["pairs-bupt"], journal.arrays["scores-0"]
    right = (kept["bupt"] >= float(kept["threshold"])) == pairs["same"]
    parts = [right[pairs["group"] == group].mean() for group in sorted(set(pairs["group"]))]
    row = next(
        r for r in journal.tables["results"] if r["subtask"] == "1.1" and r["system"] == "real" and r["seed"] == 0
    )
    assert row["avg"] == pytest.approx(100 * np.mean(parts)) and row["to"] == pytest.approx(
        100 * (np.mean(parts) - np.std(parts))
    )


def test_the_submission_is_in_the_organisers_form(run, tmp_path):
    journal, outcome = run
    outcome.save(tmp_path)
    counts = {name: len(journal.arrays[f"pairs-{name}"]["same"]) for name in ("bupt", "agedb", "cfp-fp", "rof")}
    files = submission.read(tmp_path / "submission.zip", counts)
    expected = {
        (name, db, kind) for name, one in SUBTASKS.items() for db in one.databases for kind in ("baseline", "proposed")
    }
    assert set(files) == expected
    scores, decisions = files["1.1", "bupt", "baseline"]
    assert np.allclose(2 * scores - 1, journal.arrays["scores-0"]["bupt"], atol=1e-6)
    assert np.array_equal(
        decisions, journal.arrays["scores-0"]["bupt"] >= float(journal.arrays["scores-0"]["threshold"])
    )


def test_ten_fold_accuracy_of_named_sets(run):
    journal, _ = run
    rows = journal.tables["verification"]
    assert len(rows) == 8 and all(row["set"] == "lfw" and row["pairs"] == 20 for row in rows)
    assert {row["accuracy"] for row in rows} == {50.0}  # all pictures are one


def test_a_set_that_is_too_small_says_so():
    config = RECIPE.configure("tiny")
    with pytest.raises(BadInput, match="2 people is too small"):
        sets.systems(config, Named("a", 2, 3), {"b": Named("b", 20, 3)})
    many = sets.systems(RECIPE.configure("tiny", {"held_out": 0.5}), Named("a", 900, 2), {"b": Named("b", 20, 3)})
    assert len(set(many[0].held.people)) == 100


def test_parts_are_taken_away_by_the_seed_alone():
    import torch

    image = torch.rand(3, 112, 112) + 0.01
    assert torch.equal(parted(image, 5, 0, 0), image)
    cropped, patched = parted(image, 5, 1, 0), parted(image, 5, 0, 1)
    assert torch.equal(cropped, parted(image, 5, 1, 0)) and not torch.equal(cropped, parted(image, 6, 1, 0))
    kept = (cropped != 0).all(0)
    assert torch.equal(cropped[:, kept], image[:, kept]) and 0.15 < kept.float().mean() <= 1
    changed = (patched != image).any(0)
    assert 0.01 < changed.float().mean() < 0.4 and len(patched[:, changed].unique()) <= 3


def test_what_does_not_go_together():
    with pytest.raises(BadConfig, match="set real and sources"):
        require_data(RECIPE.configure("paper"))
    with pytest.raises(BadConfig, match="name each set once"):
        require_data(RECIPE.configure("tiny", {"sources": ("rendered", "rendered")}))
    with pytest.raises(BadConfig, match="above 0 and below 1"):
        RECIPE.configure("tiny", {"shares": (1.0,)})
