"""Runs under a protocol: what is trained on, what is tested on, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from engines import recipes
from engines.detection import data, protocol
from engines.errors import BadConfig, BadInput
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.training.journal import MemoryJournal

LANDMARKS = render(Person.sample(3), Photo.sample(11), 64).truth.landmarks


def frames(folder, tint):
    """Three frames, the same landmarks for all, and where they are forged: everywhere or nowhere."""
    folder.mkdir(parents=True)
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 190, (64, 64, 3)) + tint
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number:03d}.png")
        for kind in ("masks", "landmarks"):
            (folder.parents[1] / kind / folder.name).mkdir(parents=True, exist_ok=True)
        np.save(folder.parents[1] / "landmarks" / folder.name / f"{number:03d}.npy", LANDMARKS)
        if tint:
            mask = Image.fromarray(np.full((64, 64), 255, np.uint8))
            mask.save(folder.parents[1] / "masks" / folder.name / f"{number:03d}.png")


def faceforensics(root):
    """A pair of people for each part, two methods."""
    pairs = {"train": ("000", "003"), "val": ("001", "870"), "test": ("002", "894")}
    for split, (one, other) in pairs.items():
        root.mkdir(exist_ok=True)
        (root / f"{split}.json").write_text(f'[["{one}", "{other}"]]')
        for name in (one, other):
            frames(root / "original_sequences/youtube/c23/frames" / name, 0)
        for method in ("Deepfakes", "NeuralTextures"):
            frames(root / "manipulated_sequences" / method / "c23/frames" / f"{one}_{other}", 60)
    return str(root)


def test_trained_on_one_method_and_tested_on_another(tmp_path):
    changes = {"data": faceforensics(tmp_path / "FF"), "protocol": "ff-cross-df/FF-NT", "frames": 2, "recipe": "face"}
    config = recipes.get("rivals").configure("tiny", changes)
    sets = data.load(config, MemoryJournal())
    assert sets.seen == ("FF-DF",) and set(sets.train.family) == set(sets.val.family) == {"real", "FF-DF"}
    assert set(sets.test.family) == {"real", "FF-NT"} and len(sets.test) == 6
    videos = [set(part.group.tolist()) for part in (sets.train, sets.val, sets.test)]
    assert not videos[0] & videos[1] and not videos[0] & videos[2] and not videos[1] & videos[2]


def test_a_whole_run_under_a_protocol(tmp_path):
    changes = {
        "data": faceforensics(tmp_path / "FF"), "protocol": "ff-cross-df/FF-NT", "frames": 3, "draws": 20,
        "methods": "sbi,iid,caddm,univfd", "steps": 2,
    }  # fmt: skip
    recipe = recipes.get("rivals")
    outcome = recipe(recipe.configure("tiny", changes), MemoryJournal())
    rows = [row for row in outcome.summary()["auc"] if row["method"] == "iid"]
    assert {row["family"] for row in rows} == {"FF-NT", "unseen families"}
    assert {row["method"]: row["training_pictures"] for row in outcome.summary()["towers"]} == {
        "sbi": 12, "iid": 9, "caddm": 9, "univfd": 9,
    }  # fmt: skip
    assert {row["level"] for row in outcome.summary()["metrics"]} == {"picture", "video"}


def test_what_there_is_not(tmp_path):
    with pytest.raises(BadConfig, match="There is no protocol 'ff'; there are ff-to-others"):
        protocol.parts("ff/CDFv2")
    with pytest.raises(BadConfig, match="ff-to-others has no test 'CDFv9'; write ff-to-others/TEST"):
        protocol.parts("ff-to-others/CDFv9")
    with pytest.raises(BadInput, match="holds no real and no forged videos of CDFv2"):
        protocol.videos(faceforensics(tmp_path / "FF"), "ff-to-others/CDFv2")
    with pytest.raises(BadConfig, match="is of data sets of photographs"):
        data.load(recipes.get("rivals").configure("tiny", {"protocol": "ff-to-others/CDFv2"}), MemoryJournal())
