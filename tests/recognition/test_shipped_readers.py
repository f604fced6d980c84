"""The readers that ship are what their cards say, and read what they are there to read."""

import numpy as np

from engines.backbones import readers
from engines.backbones.readers import Readers
from engines.faceworld.photographs import WorldDataset, WorldSpec
from engines.recognition import bundle


def test_they_are_what_their_cards_say():
    cards = readers.bundled_cards()
    assert {card.name for card in cards} == {"readers/identity", "readers/attributes"}
    bundle.check(cards)
    for card in cards:
        kept, _ = readers.load(card.name.removeprefix("readers/"))
        assert card.held_out and card.licence and card.command.startswith("mien train readers --preset full")
        assert sum(parameter.numel() for parameter in kept.parameters()) < 2e6


def test_they_read_people_they_have_never_seen():
    """Far better than the mean, which errs by 11 degrees, 10 years and a tenth of the eyes' distance."""
    faces = [WorldDataset(WorldSpec("test", people=20, photos=2, seed=5))[index] for index in range(40)]
    found = Readers.load().read_arrays(np.stack([face["image"] for face in faces]))
    yaw = np.array([face["yaw"] for face in faces])
    assert np.abs(found["pose"][:, 0] - yaw).mean() < 5
    assert np.abs(found["years"] - [face["years"] for face in faces]).mean() < 9
    off = np.linalg.norm(found["landmarks"] - [face["landmarks"] for face in faces], axis=2)
    assert off.mean() < 2.5  # px of 112
    similarity = found["identity"] @ found["identity"].T
    same = np.equal.outer(*[[face["identity"] for face in faces]] * 2) & ~np.eye(40, dtype=bool)
    assert similarity[same].mean() > similarity[~same & ~np.eye(40, dtype=bool)].mean() + 0.3
