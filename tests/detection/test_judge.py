import io
import json
import threading

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engines import ASSETS
from engines.data.images import read_image
from engines.detection import judge as judging
from engines.detection.detector import Detector, build, bundled_detectors
from engines.detection.judge import explain_face, judge, judge_clip, judge_file, shown
from engines.detection.verdict import NO_PROOF, UNSURE, measured, verdict, words
from engines.errors import BadInput, MissingWeights
from engines.training.calibration import Calibration

PORTRAIT = ASSETS / "media" / "astronaut.jpg"
CARD = {
    "name": "effort", "tower": "vit-tiny-random", "method": "probe", "options": {}, "head": "sigmoid1", "crop_px": 98,
    "calibration": Calibration().to_dict(), "data": "face world",
    "held_out": [
        {"family": "seen families", "auc": 0.84, "low": 0.81, "high": 0.87},
        {"family": "swap", "auc": 0.8, "low": 0.7, "high": 0.9},
    ],
}  # fmt: skip


class Fixed:
    """A detector that says what it is told and remembers what it was shown."""

    crop_px = 98

    def __init__(self, score, card=None, novelty=0.5):
        self.score, self.card, self.shown, self.novelty = score, card or {}, [], novelty

    def assess(self, images):
        self.shown.append(images)
        return np.full(len(images), self.score), np.full(len(images), self.novelty)

    def logit_model(self):
        raise AssertionError("not asked")


class Bright(Fixed):
    """Scores by the picture's brightness."""

    def assess(self, images):
        return images.mean(axis=(1, 2, 3)) / 255, np.zeros(len(images))


@pytest.fixture(scope="module")
def portrait():
    return read_image(PORTRAIT)


@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    return build({**CARD, "crop_px": 56}).eval()


def clip(pictures, fps=4):
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.bit_rate = 8_000_000
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def test_a_portrait_is_judged_by_every_detector(portrait):
    first, second = Fixed(0.9), Fixed(0.8)
    found = judge(portrait, using={"effort": first, "lora": second})
    (face,) = found.faces
    assert face.scores == {"effort": 0.9, "lora": 0.8}
    assert face.verdict == "likely fake"
    assert first.shown[0].shape == (1, 112, 112, 3)
    assert first.shown[0].dtype == np.uint8
    np.testing.assert_array_equal(first.shown[0][0], face.crop)
    left, top, right, bottom = face.box
    assert left < face.landmarks[0][0] < face.landmarks[1][0] < right
    assert top < face.landmarks[2][1] < bottom
    assert found.size == (portrait.shape[1], portrait.shape[0])


def test_nothing_is_claimed_of_what_is_unlike_all_that_was_tested(portrait):
    using = {"effort": Fixed(0.9, novelty=0.4), "lora": Fixed(0.95, novelty=1.7)}
    (face,) = judge(portrait, using=using).faces
    assert face.verdict == "unsure" and face.novelty == 1.7
    assert face.words[0].startswith("Unsure: this face is unlike") and "1.7 times" in face.words[0]


def test_the_json_of_a_photograph_is_stable():
    found = judge_file(PORTRAIT, using={"effort": Fixed(0.1, CARD), "lora": Fixed(0.2)})
    assert json.loads(json.dumps(found)) == found
    (face,) = found["faces"]
    assert set(face) == {"box", "landmarks", "quality", "scores", "novelty", "verdict", "words"}
    assert len(face["box"]) == 4
    assert [len(point) for point in face["landmarks"]] == [2] * 5
    assert face["quality"]["ok"] is True
    assert face["verdict"] == "likely real"
    assert found["kind"] == "photograph"
    assert found["words"][-1] == NO_PROOF
    assert any("rendered faces" in line and "0.84 [0.81, 0.87]" in line for line in found["words"])


def test_two_faces_are_numbered_and_scored_together(portrait):
    detector = Fixed(0.5)
    found = judge(np.concatenate([portrait, portrait], axis=1), using={"effort": detector})
    assert len(found.faces) == 2
    assert [len(images) for images in detector.shown] == [2]
    assert found.words[0].startswith("Face 1: Unsure")
    assert found.words[1].startswith("Face 2: Unsure")


def test_abstains_where_the_face_is_too_small(portrait):
    small = np.asarray(Image.fromarray(portrait).resize([side // 5 for side in portrait.shape[1::-1]]))
    canvas = np.full((400, 400, 3), 90, np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    detector = Fixed(0.99)
    found = judge(canvas, using={"effort": detector})
    (face,) = found.faces
    assert (face.verdict, face.scores, detector.shown) == ("abstain", {}, [])
    assert any("too small" in line for line in face.words)
    assert face.to_dict()["quality"]["reasons"] == face.quality.reasons != []


def test_no_face():
    found = judge(np.full((200, 200, 3), 127, np.uint8), using={"effort": Fixed(0.9)})
    assert found.faces == []
    assert found.words == ["No face was found; only faces are judged."]
    assert found.to_dict()["faces"] == []


def test_maps_come_with_their_control(portrait, tiny):
    found = judge(portrait, with_maps=True, using={"effort": tiny}, method="grad-cam")
    (face,) = found.faces
    told = face.maps["effort"]
    assert told.map.shape == told.control.shape == (1, 56, 56)
    assert shown(face, tiny).shape == (56, 56, 3)
    np.testing.assert_array_equal(shown(face, tiny), face.crop[28:84, 28:84])
    assert face.to_dict()["maps"]["effort"] == told.words[0]
    assert not judge(portrait, using={"effort": tiny}).faces[0].maps


def test_the_map_speaks_of_the_score_that_was_given(portrait, tiny):
    (face,) = judge(portrait, using={"effort": tiny}).faces
    told = explain_face(face, tiny, "grad-cam")
    assert tiny.calibration(told.deletion[0, 0]) == pytest.approx(face.scores["effort"], abs=0.02)  # bf16 where it is


def test_a_clip_is_judged_frame_by_frame(portrait):
    dark, light = (np.clip(portrait * factor, 0, 255).astype(np.uint8) for factor in (0.4, 1.5))
    pictures = [dark] * 8 + [light] * 4 + [dark] * 4  # four frames a second; light from 2 s to 3 s
    answers = list(judge_clip(clip(pictures), using={"effort": Bright(None)}, max_frames=16))
    assert [len(answer.frames) for answer in answers] == list(range(1, 17))
    assert [answer.progress for answer in answers] == sorted(answer.progress for answer in answers)
    assert answers[-2].progress < answers[-1].progress == 1.0
    last = answers[-1]
    assert [frame.time_s for frame in last.frames] == pytest.approx([i / 4 for i in range(16)])
    assert last.worst_second["start_s"] == pytest.approx(2.0)
    assert last.worst_second["frames"] == 4
    assert last.means["effort"] == pytest.approx(np.mean([frame.scores["effort"] for frame in last.frames]))
    assert last.worst_second["score"] > last.means["effort"] + 0.1
    told = last.to_dict()
    assert json.loads(json.dumps(told))["faces"][0]["time_s"] == pytest.approx(2.0)
    assert told["faces"][0]["scores"] == last.means
    assert len(told["frames"]) == 16
    assert "16 of 16 frames" in last.words[0]


def test_a_clip_file_is_told_by_its_content(portrait, tmp_path):
    path = tmp_path / "holiday.jpg"
    path.write_bytes(clip([portrait] * 2))
    found = judge_file(path, using={"effort": Fixed(0.9)})
    assert found["kind"] == "clip"
    assert found["verdict"] == "likely fake"
    assert set(found["faces"][0]) >= {"box", "landmarks", "quality", "scores", "verdict"}


def test_a_clip_without_faces():
    (*_, last) = judge_clip(clip([np.full((64, 64, 3), 99, np.uint8)] * 3), using={"effort": Fixed(0.9)})
    assert (last.verdict, last.means, last.worst_second) == ("abstain", {}, None)
    assert last.to_dict()["faces"] == []
    assert last.words == [
        "0 of 3 frames could be judged.",
        "In none of them was a face large, sharp and frontal enough.",
    ]


def test_bad_files_are_said(tmp_path):
    text = tmp_path / "letter.jpg"
    text.write_text("Dear Sir or Madam")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 40)
    empty = tmp_path / "empty.png"
    empty.touch()
    for path in (text, broken, empty, tmp_path / "missing.png", tmp_path):
        with pytest.raises(BadInput):
            judge_file(path, using={"effort": Fixed(0.9)})
    for image in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(BadInput, match="read_image"):
            judge(image, using={"effort": Fixed(0.9)})


scores = st.dictionaries(st.sampled_from(["effort", "lora", "full"]), st.floats(0, 1), min_size=1)


@settings(deadline=None)
@given(scores)
def test_a_claim_needs_all_detectors_outside_the_band(given_scores):
    low, high = UNSURE
    said = verdict(given_scores)
    assert (said == "likely fake") == (min(given_scores.values()) > high)
    assert (said == "likely real") == (max(given_scores.values()) < low)
    assert said in {"likely fake", "likely real", "unsure"}
    assert verdict(given_scores, ["The face is blurred."]) == "abstain"
    sentence = words(given_scores)[0]
    assert sentence.lower().startswith(said)
    assert all(name in sentence for name in given_scores)


def test_words_tell_disagreement_from_doubt():
    assert "disagree" in words({"a": 0.9, "b": 0.1})[0]
    assert "lies between 0.3 and 0.7" in words({"a": 0.5, "b": 0.1})[0]
    assert words({}, ["The face is blurred."]) == ["Not judged.", "The face is blurred."]


def test_what_was_measured_is_said():
    assert measured("effort", CARD) == (
        "effort was trained on rendered faces and rendered forgeries, not on photographs. On pictures held out of "
        "training its AUC is 0.84 [0.81, 0.87] for forgeries of the kinds it was trained on."
    )
    assert measured("mine", {"data": "FaceForensics++"}) == "mine was trained on FaceForensics++. It was not tested."


def test_detectors_are_loaded_once_by_many_threads(monkeypatch, tmp_path, tiny):
    tiny.save(tmp_path)
    loads = []
    load = Detector.load
    monkeypatch.setattr(judging, "_LOADED", {})
    monkeypatch.setattr(judging, "bundled_detectors", lambda: {"effort": tmp_path, "lora": tmp_path})
    monkeypatch.setattr(judging.Detector, "load", lambda folder: loads.append(folder) or load(folder))
    found = []
    threads = [threading.Thread(target=lambda: found.append(judging.detectors())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 2
    assert all(each["effort"] is found[0]["effort"] for each in found)


def test_no_bundled_detector_is_said(monkeypatch, portrait):
    monkeypatch.setattr(judging, "_LOADED", {})
    monkeypatch.setattr(judging, "bundled_detectors", dict)
    with pytest.raises(MissingWeights, match="mien train effort"):
        judge(portrait)


def test_the_bundled_detectors_judge_the_portrait():
    assert len(bundled_detectors()) >= 2
    found = judge_file(PORTRAIT)
    (face,) = found["faces"]
    assert set(face["scores"]) == set(bundled_detectors())
    assert all(0 < score < 1 for score in face["scores"].values())
    assert face["verdict"] in {"likely real", "likely fake", "unsure"}
    assert sum("held out" in line for line in found["words"]) == len(face["scores"])
    assert judge_file(PORTRAIT) == found
