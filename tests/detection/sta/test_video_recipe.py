"""Whole runs, small: the world's `tiny`, and `paper` on a tree of videos with a CLIP of random weights."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPVisionConfig, CLIPVisionModel

from engines import recipes
from engines.detection.sta.clips import Blending, Cut
from engines.detection.sta.detector import ClipDetector, build
from engines.detection.sta.folder import FolderFilms
from engines.detection.sta.inside import CONDITIONS
from engines.errors import BadConfig, BadInput, BadWeights
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.training.journal import MemoryJournal
from tests.data.trees import clip

RECIPE = recipes.get("video")
FRAMES = 4


@pytest.fixture(scope="module")
def tiny():
    journal = MemoryJournal()
    return journal, RECIPE(RECIPE.configure("tiny"), journal)


def test_every_method_is_measured(tiny):
    journal, outcome = tiny
    methods = {"sta", "average", "tall", "r2plus1d"}
    for name in ("auc", "means"):
        assert {row["method"] for row in journal.tables[name]} == methods
    assert {row["method"] for row in journal.tables["frames"]} == {"sta", "average"}
    assert {row["condition"] for row in journal.tables["streams"]} == set(CONDITIONS)
    families = {"drift-swap", "smooth-swap", "flicker", "reenact-clip"}
    assert families < {row["family"] for row in journal.tables["auc"]}
    assert {row["family"] for row in journal.tables["balance"]} == families | {"real"}
    assert {row["method"] for row in journal.tables["baselines"]} == {"change", "jitter", "sharpness"}
    numbers = outcome.summary()
    assert numbers["means"] == journal.tables["means"] and all(
        r["low"] <= r["auc"] <= r["high"] for r in numbers["auc"]
    )
    assert journal.arrays["streams"]["received-1"].shape == (5, 2, 3, 4, 4)
    assert journal.images["blend"].shape == (2 * 56, 3 * 56, 3)


def test_what_is_trained(tiny):
    _, outcome = tiny
    rows = {row["method"]: row for row in outcome.summary()["bodies"]}
    assert rows["average"]["trained_parameters"] == 2 * 128 + 2 < rows["sta"]["trained_parameters"]
    assert rows["tall"]["trained_parameters"] == rows["tall"]["parameters"]
    after = outcome.detectors["sta"]
    before = build(after.card).state_dict()
    frozen = {name for name, p in after.named_parameters() if not p.requires_grad}
    assert all(torch.equal(before[name], after.state_dict()[name]) for name in frozen)
    assert any(p.abs().max() > 0 for name, p in after.named_parameters() if name.endswith("up.weight"))


def test_a_kept_detector_says_the_same_of_any_length(tiny, tmp_path):
    _, outcome = tiny
    outcome.save(tmp_path)
    films = np.random.default_rng(0).integers(0, 256, (2, 5, 112, 112, 3)).astype(np.uint8)
    for name, place in (("sta", tmp_path), ("tall", tmp_path / "rivals/tall")):
        kept = ClipDetector.load(place)
        assert np.allclose(kept.assess(films), outcome.detectors[name].eval().assess(films), atol=1e-5)
        assert kept.card["held_out"] and kept.card["name"] == name
    assert kept.assess(films[:, :3]).shape == (2,)
    with pytest.raises(BadInput, match="uint8 of 56 px"):
        kept.assess(films[..., :20, :20, :])
    with pytest.raises(BadWeights, match=r"no clips\.json"):
        ClipDetector.load(tmp_path / "rivals")


def face(number, frame):
    """A face of the world at 80 px, and its landmarks."""
    shown = render(Person.sample(number), Photo.sample(number), 80)
    picture = np.rint(shown.image.clip(0, 1) * 255).astype(np.uint8)
    return np.roll(picture, frame, 1), shown.truth.landmarks + np.array([frame, 0])


def videos(root):
    """Real and forged videos in three parts: of each kind one as frames and one as a clip, with landmarks."""
    number = 0
    for split in ("train", "val", "test"):
        for kind in ("real", "fake/Deepfakes"):
            number += 1
            shown, points = zip(*(face(number, frame) for frame in range(FRAMES)), strict=True)
            folder = root / split / kind / f"v{number}"
            folder.mkdir(parents=True)
            for frame in range(FRAMES):
                Image.fromarray(shown[frame]).save(folder / f"{frame}.png")
                np.save(folder / f"{frame}.npy", points[frame])
            made = clip(root / split / kind / f"c{number}.mp4", shown)
            np.save(made.with_suffix(".npy"), np.stack(points))
    return root


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return videos(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="module")
def small_clip(tmp_path_factory):
    place = tmp_path_factory.mktemp("clip")
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
    CLIPVisionModel(CLIPVisionConfig(**shape, image_size=56, patch_size=14)).save_pretrained(place)
    return place


def test_the_paper_on_a_tree_of_videos(tree, small_clip):
    """The preset's own settings but for sizes: the tower's file, its truncation, Adam, TALL's halved frames, a random
    head, clips of the user's."""
    small = {
        "data": str(tree), "tower": f"clip/{small_clip}", "layers": 2, "crop_px": 56, "clip_frames": 3, "views": 2,
        "steps": 2, "batch": 4, "bottleneck": 8, "width": 2, "draws": 20, "precision": "fp32",
        "methods": "sta,average:vb=0,full:vb=1,tall",
    }  # fmt: skip
    config = RECIPE.configure("paper", small)
    assert config.kernels == (3, 5, 7) and config.optimiser == "adam" and config.start == "random"
    outcome = RECIPE(config, MemoryJournal())
    numbers = json.loads(json.dumps(outcome.summary(), allow_nan=False))
    assert numbers["data"] == str(tree) and {row["family"] for row in numbers["auc"]} >= {"Deepfakes"}
    assert outcome.detectors["sta"].body.tower.depth == 2
    assert {row["layers"] for row in numbers["bodies"]} == {2}


def test_a_folders_films(tree):
    films = FolderFilms(str(tree), "train", Cut(3, 1, 56))
    assert sorted(films.labels.tolist()) == [0, 0, 1, 1] and set(films.family) == {"real", "Deepfakes"}
    assert films.views([0, 1, 2, 3]).shape == (4, 1, 3, 3, 56, 56)
    for index in np.flatnonzero(films.labels == 0):  # frames of one, clip of the other
        plain, blend = (films.training(int(index), 4, b) for b in (None, Blending((1.0, 1.0))))
        changed = (plain - blend).abs().amax((0, 1)) > 0.02
        assert 0.02 < changed.float().mean() < 0.8
        assert torch.equal(blend, films.training(int(index), 4, Blending((1.0, 1.0))))


def test_what_a_folder_lacks_is_said(tree, tmp_path):
    with pytest.raises(BadInput, match="spans 7"):
        FolderFilms(str(tree), "train", Cut(7, 1, 56)).views([0, 1, 2, 3])
    bare = videos(tmp_path)
    for file in bare.rglob("*.npy"):
        file.unlink()
    films = FolderFilms(str(bare), "train", Cut(3, 1, 56))
    for index in np.flatnonzero(films.labels == 0):
        with pytest.raises(BadInput, match="needs landmarks"):
            films.training(int(index), 0, Blending())


@pytest.mark.parametrize("text", ["cnn", "sta:vb=2", "sta:cross=maybe", "sta:streams=none", "sta:lr=0", "sta:layers=x"])
def test_unknown_methods_are_refused(text):
    with pytest.raises(BadConfig, match=r"(method|share|blocks)"):
        RECIPE.configure("tiny", {"methods": text})


def test_settings_that_contradict_each_other():
    with pytest.raises(BadConfig, match="random weights"):
        RECIPE.configure("tiny", {"tower": "timm/test_resnet"}).entries()
    with pytest.raises(BadConfig, match="alpha_low"):
        RECIPE.configure("tiny", {"alpha_low": 0.9, "alpha_high": 0.5}).entries()
    with pytest.raises(BadConfig, match="spans 9"):
        RECIPE(RECIPE.configure("tiny", {"stride": 4}), MemoryJournal())
    entry = RECIPE.configure("paper").entry("sta")
    assert (entry.tower, entry.layers, entry.pretrained) == ("clip/openai/clip-vit-large-patch14", 14, True)
