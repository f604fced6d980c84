"""The recipe of ID³ as a whole: what it says, what it keeps, and the paper's preset on its own kind of data."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image

from engines import recipes
from engines.backbones import readers
from engines.backbones.cards import Card
from engines.data.containers import open_faces
from engines.errors import BadConfig, BadInput, MissingWeights, Stopped
from engines.synthesis import bundle
from engines.synthesis.id3 import autoencoder, kept
from engines.synthesis.id3.drawn import drawn_people
from engines.synthesis.id3.sampling import Guidance, Pace
from engines.synthesis.latent import learners
from engines.training.journal import MemoryJournal

RECIPE = recipes.get("id3")


@pytest.fixture(scope="module")
def tiny():
    journal = MemoryJournal()
    config = RECIPE.configure("tiny", {"methods": ("id3", "unguided", "dcface", "idiff", "render")})
    return config, journal, RECIPE(config, journal)


def test_every_method_and_seed_is_judged(tiny):
    config, journal, outcome = tiny
    rows = outcome.summary()["identities"]
    assert [row["method"] for row in rows] == list(config.methods)
    assert all(0 <= row[name] <= 1 for row in rows for name in ("uniqueness", "consistency", "recall", "eer"))
    assert {row["features"] for row in rows} == {"vit-tiny-random"}
    assert "cosine" not in rows[-1] and rows[0]["cosine_low"] <= rows[0]["cosine"] <= rows[0]["cosine_high"]
    assert {row["second"] for row in journal.tables["guided"]} == {"unguided", "dcface"}
    assert [row["scale"] for row in journal.tables["trade"]] == [0, 20, 40, 80]
    assert {f"judged-{name}" for name in config.methods} <= set(journal.arrays)
    assert journal.arrays["judged-id3"]["steps"].shape == (3, 6)


def test_drawn_people_are_kept_and_gone_on_with(tiny, tmp_path):
    tiny[2].save(tmp_path / "model")
    draw = partial(drawn_people, 3, 2, model=tmp_path / "model", cache=tmp_path)
    with pytest.raises(Stopped):
        draw(stopping=lambda: True)
    folder = draw()
    faces = open_faces(folder)
    assert len(faces) == 6 and list(np.unique(faces.people)) == ["000000", "000001", "000002"]
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    assert draw() == folder and {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")} == before
    with FileLock(f"{folder}.lock"), pytest.raises(BadInput, match="Another process"):
        draw()


def test_spread_anchors_stay_who_they_are_and_lie_in_what_embeddings_fill(tiny):
    model = tiny[2].model
    few, many = model.anchors("spread", 3), model.anchors("spread", 8)
    assert torch.equal(few, many[:3])
    torch.testing.assert_close(many @ model.space.T @ model.space, many, atol=1e-5, rtol=0)
    with pytest.raises(BadInput, match="never saw"):
        model.anchors("people", 10_000)


def test_the_cosine_of_each_step_of_training_is_said(tiny):
    _, journal, _ = tiny
    assert sum("id3-0/identity/cosine" in row for row in journal.metrics) == 6
    assert not any("idiff-0/identity/cosine" in row for row in journal.metrics)


def test_guidance_and_its_absence_differ_by_guidance_alone(tiny):
    """Same denoiser, same identities, same noise: the first estimate is the same, the last is not."""
    _, journal, _ = tiny
    on, off = (journal.arrays[f"judged-{name}"]["steps"] for name in ("id3", "unguided"))
    np.testing.assert_allclose(on[0], off[0], atol=1e-4)
    assert not np.allclose(on[-1], off[-1], atol=1e-5)


def test_what_is_kept_draws_the_same(tiny, tmp_path):
    _, _, outcome = tiny
    outcome.save(tmp_path)
    again, y, s = kept.load(tmp_path), torch.nn.functional.normalize(torch.ones(2, 128)), torch.zeros(2, 4)
    one, other = (
        m.generator.draw(y, s, [1, 2], Guidance(5.0), Pace("ddim", 3, "fp32")) for m in (again, outcome.model)
    )
    assert (one.images - other.images).abs().max() < 0.02, "half precision"
    np.testing.assert_allclose(again.embedding, outcome.model.embedding, atol=2e-3)  # kept in bytes
    assert again.guidance == outcome.model.guidance and again.card.data == "face world"
    assert "cosine, id3" in again.card.held_out
    taken = bundle.bundle(tmp_path, tmp_path / "assets")
    assert taken == again.card and bundle.bundled_cards(tmp_path / "assets") == [taken]


def test_what_may_not_ship(tiny, tmp_path):
    with pytest.raises(MissingWeights, match="mien train id3"):
        kept.load(tmp_path)
    card = Card("id3", "", "", "", "", data="face world", size_bytes=1)
    for wrong in (replace(card, data="/photographs"), replace(card, size_bytes=10**8)):
        with pytest.raises(BadInput, match="cannot ship"):
            bundle.check(wrong)


def test_the_papers_preset_on_a_folder_with_readers_and_autoencoder_of_ones_own(tmp_path):
    """Random weights in the real formats, pictures in the real layout: only weights and data differ."""
    rng = np.random.default_rng(0)
    for person in range(20):
        place = tmp_path / "faces" / f"{person:03d}"
        place.mkdir(parents=True)
        for number in range(4):
            Image.fromarray(rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)).save(place / f"{number}.png")
    blank = Card("", "", "", "", "", config={"network": "ir-xs", "threshold": 0.5})
    for reader in (readers.IdentityReader("ir-xs"), readers.AttributeReader("ir-xs")):
        readers.save(reader, blank, tmp_path / "readers")
    small = {
        "folder": str(tmp_path / "faces"), "readers": str(tmp_path / "readers"), "pictures": 40, "people": 18,
        "size_px": 32, "widths": (16, 32), "layers": 1, "steps": 2, "batch": 4, "sample_steps": 2, "levels": 10,
        "identities": 2, "images": 2, "judge": "guide", "methods": ("id3", "unguided"), "precision": "fp32", "ema": 0.5,
        "features": "vit-tiny-random",
        "autoencoder": str(tmp_path / "model"), "vae_widths": (8, 8, 16),
    }  # fmt: skip
    config = RECIPE.configure("paper", small)
    learners.autoencoder(autoencoder.latent_settings(config)).save_pretrained(tmp_path / "model" / "vae")
    outcome = RECIPE(config, MemoryJournal())
    assert outcome.summary()["data"] == str(tmp_path / "faces")
    assert len(outcome.model.origin["files"]) == 40 and outcome.model.embedding.shape == (40, 64)


def test_refusals(tmp_path):
    for wrong in ({"methods": ("odd",)}, {"methods": ()}, {"weight": "odd"}, {"sampler": "dpm"}):
        with pytest.raises(BadConfig):
            RECIPE.configure("tiny", wrong)
    with pytest.raises(BadConfig, match="render alone"):
        RECIPE(RECIPE.configure("tiny", {"methods": ("render",)}), MemoryJournal())
    with pytest.raises(MissingWeights, match="latent"):
        autoencoder.load(tmp_path)
