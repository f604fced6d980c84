"""Pairs of a user's photographs: who stands behind whom, crops that lie alike, and what is left out and said."""

import numpy as np
import pytest
import torch
from PIL import Image

from engines.data.alignment import align_for_benchmark, from_benchmark
from engines.data.build import write_json
from engines.data.face import Face
from engines.data.layouts import read
from engines.data.videos import Video
from engines.detection.pairs import FolderPairs
from engines.errors import BadInput
from tests.paired_tree import faceforensics


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return faceforensics(tmp_path_factory.mktemp("tree") / "FF", frames=3)


def pairs(place, split="train", recipe="face", frames=3, **more):
    return FolderPairs(read(place).part(split, "c23"), recipe, 48, frames, **more)


def test_the_first_id_is_painted_on_and_the_second_gives_its_face(tree):
    found = pairs(tree)
    fake = next(n for n, path in enumerate(found.paths) if "Deepfakes" in str(path) and "000_003/001" in str(path))
    target, source = (found._paths(name)[fake] for name in ("target", "source"))
    assert (target.parent.name, target.stem, source.parent.name, source.stem) == ("000", "001", "003", "001")
    assert found.said == "0 of 12 forged frames are left out; of 0 the source's frame shows another moment."
    assert found.target_id[fake] == "000" and found.source_id[fake] == "003"


def test_a_real_frame_is_its_own_partner(tree):
    found = pairs(tree)
    items = [(int(index), 4) for index in np.flatnonzero(found.labels == 0)]
    for partner in ("target", "source"):
        assert torch.equal(found.crops(items), found.frames(items, partner))


@pytest.mark.parametrize("recipe", ["face", "natural"])
def test_crops_of_partners_lie_alike(tree, recipe):
    """A forgery of the tree is its target but for a square: outside it they agree under every crop, turn and flip."""
    found = pairs(tree, recipe=recipe)
    where = [int(index) for index in np.flatnonzero(found.labels == 1)]
    for seed in range(6):
        items = [(index, seed) for index in where]
        apart = (found.crops(items) - found.frames(items)).abs().mean(1)
        assert (apart < 0.02).float().mean() > 0.5 and apart.max() > 0.1
        mirrored = (found.crops(items) - found.frames(items).flip(-1)).abs().mean(1)
        assert (mirrored < 0.02).float().mean() < (apart < 0.02).float().mean()


def test_colours_are_augmented_in_the_picture_alone(tree):
    found = pairs(tree)
    items = [(index, index + 7) for index in range(len(found))]
    batch = found.__getitems__(items)
    assert set(batch) == {"images", "labels", "target", "source"}
    assert torch.equal(batch["target"], found.frames(items)) and torch.equal(
        batch["source"], found.frames(items, "source")
    )
    assert torch.equal(batch["images"], found.finished(found.crops(items), items))
    assert not torch.allclose(batch["images"], found.crops(items), atol=0.02)


def test_the_same_from_a_json_that_was_written_of_the_tree(tree, tmp_path):
    out = write_json(read(tree).videos, tmp_path / "ff.json")
    one, other = pairs(tree), pairs(out)
    assert one.paths == other.paths and one._behind == other._behind


def test_what_has_no_partner_is_left_out_counted_and_never_replaced(tmp_path):
    tree = faceforensics(tmp_path / "FF", frames=3)
    real = tree / "original_sequences/youtube/c23/frames"
    (real / "000/002.png").unlink()  # the target of 000_003, the source of 003_000
    found = pairs(tree)
    assert found.said == (
        "2 of 12 forged frames are left out, for want of the real frames behind them (2: the target has no frame of "
        "that number); of 2 the source's frame shows another moment."
    )
    assert not any("000_003/002" in str(path) for path in found.paths)
    for path in real.glob("003/*"):
        path.unlink()
    alone = pairs(tree, need_source=False)
    assert {path.parent.name for path, label in zip(alone.paths, alone.labels, strict=True) if label} == {"000_003"}
    assert "6: its target is not there" in alone.said
    with pytest.raises(BadInput, match="without their sources' frames"):
        alone.frames([(0, 0)], "source")
    with pytest.raises(BadInput, match=r"None of the 12 forged frames has the real frames behind it: .*stride"):
        pairs(tree)


def test_frames_are_sought_among_all_of_a_partner_not_only_those_drawn(tmp_path):
    """Of 9 frames two are drawn of each video; the forgery lacks its last two, so that it draws other numbers."""
    tree = faceforensics(tmp_path / "FF", frames=9)
    for path in (tree / "manipulated_sequences").glob("*/c23/frames/000_003/00[78].png"):
        path.unlink()
    found = pairs(tree, frames=2)
    fakes = [path for path, label in zip(found.paths, found.labels, strict=True) if label]
    assert {path.stem for path in fakes if path.parent.name == "000_003"} == {"000", "006"}
    assert {path.stem for path, label in zip(found.paths, found.labels, strict=True) if not label} == {"000", "008"}
    assert found.said.startswith("0 of 8 forged frames are left out;")


def test_sizes_that_differ_cannot_be_cropped_without_resizing(tmp_path):
    for name, side in (("real/000/000.png", 40), ("real/003/000.png", 40), ("fake/a/000.png", 50)):
        (tmp_path / name).parent.mkdir(parents=True)
        Image.fromarray(np.zeros((side, side, 3), np.uint8)).save(tmp_path / name)
    fake = Video("a", (tmp_path / "fake/a/000.png",), 1, "FF-DF", name="000_003", target="000", source="003")
    reals = [Video(name, (tmp_path / f"real/{name}/000.png",), 0, "real", name=name) for name in ("000", "003")]
    place = FolderPairs([fake, *reals], "natural", 48, 1)
    with pytest.raises(BadInput, match="crop both alike"):
        place.frames([(0, 0)])
    assert FolderPairs([fake, *reals], "face", 48, 1).frames([(0, 0)]).shape == (1, 3, 48, 48)


def test_a_portrait_is_cut_where_the_benchmark_puts_the_face():
    """The eyes of a benchmark's crop come to lie 35 of 112 px apart and at 0.455 of the height."""
    picture = np.zeros((300, 300, 3), np.uint8)
    points = np.array([[110, 120], [190, 120], [150, 165], [120, 210], [180, 210]], np.float32)
    crop, landmarks = align_for_benchmark(picture, Face((80, 70, 220, 240), points, 1.0))
    for x, y in np.rint(landmarks[:2]).astype(int):
        crop[y - 2 : y + 3, x - 2 : x + 3] = 255
    seen = from_benchmark(crop)
    rows, columns = np.nonzero(seen[..., 0] > 100)
    left, right = columns[columns < 56].mean(), columns[columns > 56].mean()
    assert seen.shape == (112, 112, 3)
    assert right - left == pytest.approx(35, abs=1.5) and rows.mean() == pytest.approx(0.455 * 112, abs=2.5)


def test_nothing_forged_has_no_pairs(tmp_path):
    videos = read(faceforensics(tmp_path / "FF")).part("train", "c23")
    with pytest.raises(BadInput, match="there are no forged frames"):
        FolderPairs([video for video in videos if not video.label], "face", 48, 2)
