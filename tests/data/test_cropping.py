"""Faces cut out of clips: where they lie in the crop, the tree that is left, going on after a stop, and bad clips."""

import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import trees
from PIL import Image

from engines.data import cropping
from engines.data.alignment import BENCHMARK_TEMPLATE, align_for_benchmark
from engines.data.build import write_json
from engines.data.cropping import CropSpec, crop
from engines.data.face import Face
from engines.data.faces import find_faces
from engines.data.images import read_image
from engines.data.layouts import read
from engines.errors import BadConfig, BadInput, Stopped

PORTRAIT = Path(__file__).parents[2] / "assets" / "media" / "astronaut.jpg"
FEW = CropSpec(frames=2, size_px=96)


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """A face of about 45 px between the eyes, in 224 px."""
    return read_image(PORTRAIT)[0:224, 100:324].copy()


@pytest.fixture
def clips(tmp_path: Path, portrait: np.ndarray) -> Path:
    """Celeb-DF: two clips with a face that moves to the right, and one without."""
    root = tmp_path / "Celeb-DF-v2"
    moving = [np.roll(portrait, 2 * number, axis=1) for number in range(6)]
    trees.clip(root / "Celeb-real/id0_0000.mp4", moving)
    trees.clip(root / "Celeb-synthesis/id0_id1_0000.mp4", moving)
    trees.grey_clip(root / "YouTube-real/00001.mp4")
    trees.write(root / "List_of_testing_videos.txt", "1 Celeb-real/id0_0000.mp4\n0 Celeb-synthesis/id0_id1_0000.mp4\n")
    return root


def states(made: cropping.Cropped) -> dict[str, str]:
    return {Path(outcome.video).stem: outcome.state for outcome in made.outcomes}


def test_the_face_lies_where_the_recipe_says(portrait: np.ndarray) -> None:
    """Eyes level, landmarks at the template's places: (112 template + 16.8 margin) / 145.6 of 256 px."""
    (face,) = find_faces(portrait)
    picture, landmarks = align_for_benchmark(portrait, face)
    assert picture.shape == (256, 256, 3) and picture.dtype == np.uint8
    by_hand = (np.array([[38.2946, 51.6963], [73.5318, 51.5014]]) + 16.8) / 145.6 * 256
    assert np.abs(landmarks[:2] - by_hand).max() < 6
    (again,) = find_faces(picture)
    assert np.abs(again.landmarks - landmarks).max() < 8


def test_landmarks_that_are_the_template_stay_where_they_are() -> None:
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    face = Face(np.zeros(4), (BENCHMARK_TEMPLATE * 112).astype(np.float32), 1.0)
    picture, landmarks = align_for_benchmark(image, face, 112, 1.0)
    assert np.abs(landmarks - face.landmarks).max() < 1e-3
    assert np.abs(picture[1:-1, 1:-1].astype(int) - image[1:-1, 1:-1]).max() <= 1


def test_a_tree_of_the_same_layout_is_left_and_an_index_can_be_written(clips: Path, tmp_path: Path) -> None:
    made = crop(clips, tmp_path / "crops", FEW, workers=1)
    assert states(made) == {"id0_0000": "cut", "id0_id1_0000": "cut", "00001": "faceless"}
    index = read(tmp_path / "crops")
    assert index.layout == "celebdf"
    assert {(video.name, video.label, video.split) for video in index.videos} == {
        ("id0_0000", 0, "test"), ("id0_id1_0000", 1, "test"),
    }  # fmt: skip
    assert all(video.indices == (0, 5) for video in index.videos)  # evenly: the first and the last of six
    assert all(read_image(frame).shape == (96, 96, 3) for video in index.videos for frame in video.frames)
    assert len(read(write_json(index.videos, tmp_path / "c.json")).videos) == 2
    said = json.loads((tmp_path / "crops/Celeb-real/id0_0000/faces.json").read_text())
    assert [row["frame"] for row in said["faces"]] == ["000.png", "005.png"]
    moved = said["faces"][1]["box"][0] - said["faces"][0]["box"][0]
    assert moved == pytest.approx(10, abs=3)  # five frames of two pixels
    crops = [
        np.asarray(Image.open(tmp_path / f"crops/Celeb-real/id0_0000/{name}"), int) for name in ("000.png", "005.png")
    ]
    assert np.abs(crops[0][20:70, 25:75] - crops[1][20:70, 25:75]).mean() < 12  # the face itself has not moved


def test_it_goes_on_where_it_was_stopped_and_makes_nothing_twice(clips: Path, tmp_path: Path) -> None:
    out, done = tmp_path / "crops", []
    with pytest.raises(Stopped, match="the same command goes on"):
        crop(clips, out, FEW, workers=1, progress=lambda *said: done.append(said), stopping=lambda: len(done) == 1)
    assert [said[:2] for said in done] == [(1, 3)]
    first = next(out.glob("*/*/faces.json")).stat().st_mtime_ns
    (out / "Celeb-synthesis").mkdir(exist_ok=True)
    (out / "Celeb-synthesis/.draft-id0_id1_0000").mkdir()  # as a machine that went down leaves it
    again = crop(clips, out, FEW, workers=1)
    assert sorted(states(again).values()) == ["cut", "faceless", "kept"]
    assert min(path.stat().st_mtime_ns for path in out.glob("*/*/faces.json")) == first
    assert not list(out.rglob(".draft-*"))
    assert set(states(crop(clips, out, FEW, workers=1)).values()) == {"kept"}
    with pytest.raises(BadConfig, match="begun with other settings"):
        crop(clips, out, CropSpec(frames=3), workers=1)


def test_clips_that_cannot_be_read_are_said_and_the_rest_is_cut(clips: Path, tmp_path: Path) -> None:
    (clips / "Celeb-real/id1_0000.mp4").write_bytes(b"no clip")
    (clips / "Celeb-real/id2_0000.mp4").write_bytes(b"")
    made = crop(clips, tmp_path / "crops", FEW, workers=1)
    assert {Path(each.video).stem: each.why[:30] for each in made.failed} == {
        "id1_0000": "This is not a clip, or its beg", "id2_0000": "The clip is empty: 0 bytes. Sa",
    }  # fmt: skip
    assert made.count("cut") == 2 and not (tmp_path / "crops/Celeb-real/id1_0000").exists()
    trees.clip(clips / "Celeb-real/id1_0000.mp4", [np.zeros((32, 32, 3), np.uint8)])
    assert states(crop(clips, tmp_path / "crops", FEW, workers=1))["id1_0000"] == "faceless"


def test_processes_make_the_same(clips: Path, tmp_path: Path) -> None:
    alone, together = (crop(clips, tmp_path / name, FEW, workers=n) for name, n in (("one", 1), ("two", 2)))
    assert sorted(alone.outcomes) == sorted(together.outcomes)
    files = sorted(path.relative_to(alone.out) for path in alone.out.rglob("*.png"))
    assert len(files) == 4 and all((alone.out / f).read_bytes() == (together.out / f).read_bytes() for f in files)


def test_a_stride_numbers_alike_what_is_of_other_length(tmp_path: Path, portrait: np.ndarray) -> None:
    root = tmp_path / "FF"
    for split, pairs in (("train", [["000", "003"]]), ("val", []), ("test", [])):
        trees.write(root / f"{split}.json", pairs)
    for path, count in (
        ("original_sequences/youtube/raw/videos/000", 5),
        ("original_sequences/youtube/raw/videos/003", 9),
        ("manipulated_sequences/Deepfakes/raw/videos/000_003", 7),
    ):
        trees.clip(root / f"{path}.mp4", [portrait] * count)
    made = crop(root, tmp_path / "crops", CropSpec(frames=8, stride=4, size_px=64), workers=1)
    assert made.count("cut") == 3
    videos = {video.name: video for video in read(tmp_path / "crops").videos}
    assert {name: video.indices for name, video in videos.items()} == {
        "000": (0, 4),
        "003": (0, 4, 8),
        "000_003": (0, 4),
    }
    where = "manipulated_sequences/Deepfakes/raw/frames/000_003"
    assert videos["000_003"].path == str(tmp_path / "crops" / where)
    from engines.data.pairs import pair

    assert len(pair(list(videos.values())).pairs) == 2


def test_whole_pictures_are_cut_too(tmp_path: Path, portrait: np.ndarray) -> None:
    for part, number in (("real", 3), ("fake", 4)):
        (tmp_path / "data" / part / "a").mkdir(parents=True)
        Image.fromarray(portrait).save(tmp_path / "data" / part / "a" / f"{number}.png")
    trees.grey_clip(tmp_path / "data/fake/b.mp4")
    made = crop(tmp_path / "data", tmp_path / "crops", FEW, workers=1)
    assert made.count("cut") == 2 and made.count("faceless") == 1
    assert {video.indices for video in read(tmp_path / "crops").videos} == {(3,), (4,)}


def test_what_is_refused(clips: Path, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="lies inside"):
        crop(clips, clips / "crops", FEW)
    with pytest.raises(BadInput, match="holds no clips"):
        crop(trees.celebdf(tmp_path / "cut"), tmp_path / "crops", FEW)
    trees.write(tmp_path / "mine/thesis.txt", "words")
    with pytest.raises(BadInput, match="holds something that is no tree of crops"):
        crop(clips, tmp_path / "mine", FEW)
    for wrong in ({"frames": 0}, {"stride": 0}, {"size_px": 4}, {"margin": 0.5}, {"min_score": 1.0}):
        with pytest.raises(BadConfig):
            CropSpec(**wrong)


def test_two_runs_do_not_write_one_tree(clips: Path, tmp_path: Path) -> None:
    out, begun, end = tmp_path / "crops", threading.Event(), threading.Event()

    def wait(*said: object) -> None:
        begun.set()
        end.wait(20)

    first = threading.Thread(target=crop, args=(clips, out, FEW, None, 1, wait))
    first.start()
    assert begun.wait(20)
    with pytest.raises(BadInput, match="Another run is cutting faces"):
        crop(clips, out, FEW, workers=1)
    end.set()
    first.join(20)
    assert not first.is_alive() and time.monotonic() > 0
