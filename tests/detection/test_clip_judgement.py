"""Clips of strangers: faces followed apart, cuts, gaps, and files that give a part of an answer."""

import json
from typing import Any

import numpy as np
import pytest

from engines.data.quality import FaceQuality
from engines.detection.clip_judgement import ClipFrame, ClipJudgement
from engines.detection.judge import judge_clip
from engines.detection.judgement import FaceJudgement
from engines.errors import BadInput
from tests.data.clips_made import empty, encoded, moving
from tests.data.test_video import sound_only

FINE = FaceQuality(40, 0.2, 0, 0, 0, True, [])


class Said:
    """A detector that says 0.9 of everything."""

    card: dict[str, Any] = {}  # noqa: RUF012
    crop_px = 98

    def assess(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(images), 0.9), np.zeros(len(images))

    def logit_model(self) -> Any:
        raise AssertionError("not asked")


USING = {"effort": Said()}


def face(score: float | None, side: float = 10) -> FaceJudgement:
    scores = {} if score is None else {"a": score, "b": score}
    return FaceJudgement((0, 0, side, side), [(1, 1)] * 5, FINE, scores, np.zeros((112, 112, 3), np.uint8))


def clip(*scores: float | None, step: float = 0.25) -> ClipJudgement:
    frames = [ClipFrame(number * step, {0: face(score)}) for number, score in enumerate(scores)]
    return ClipJudgement(frames, 1.0, [])


def test_the_moments_that_decide_pull_to_the_means_side_and_one_against() -> None:
    scores = [0.6, 0.9, 0.95, 0.7, 0.8, 0.1, 0.75, 0.85, 0.65, 0.7]
    moments = clip(*scores).main.moments
    pulling = [(moment.time_s, moment.score) for moment in moments if not moment.against]
    assert pulling == [(0.5, 0.95), (1.0, 0.8), (1.75, 0.85), (2.25, 0.7)], "half a second apart, in order"
    (against,) = [moment for moment in moments if moment.against]
    assert (against.time_s, against.score) == (1.25, 0.1)


def test_a_real_face_is_decided_by_its_lowest_scores() -> None:
    moments = clip(0.1, 0.2, 0.3, 0.05, 0.6).main.moments
    assert [moment.score for moment in moments if moment.against] == [0.6]
    assert 0.05 in [moment.score for moment in moments if not moment.against]


def test_one_high_frame_at_the_end_is_no_second() -> None:
    worst = clip(0.2, 0.2, 0.2, 0.2, 0.6, 0.6, 0.6, 0.6, 0.1, 0.1, 0.1, 0.9).worst_second
    assert worst == {"start_s": 1.0, "end_s": 2.0, "score": pytest.approx(0.6), "frames": 4}


def test_each_track_has_its_own_verdict_and_the_largest_face_is_the_clips() -> None:
    frames = [ClipFrame(number / 4, {0: face(0.9, 8), 1: face(0.1, 20)}) for number in range(8)]
    frames += [ClipFrame(2 + number / 4, {0: face(0.9, 8)}) for number in range(4)]
    found = ClipJudgement(frames, 1.0, [])
    assert list(found.tracks) == [0, 1], "seen longest first"
    assert [track.verdict for track in found.tracks.values()] == ["likely fake", "likely real"]
    assert found.means["a"] == pytest.approx((8 * 0.1 + 4 * 0.9) / 12)
    told = found.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert [(track["start_s"], track["end_s"], track["judged"]) for track in told["tracks"]] == [
        (0, 2.75, 12),
        (0, 1.75, 8),
    ]
    assert "2 faces were followed" in " ".join(found.words)


def test_frames_without_a_face_are_gaps_and_the_rest_is_judged() -> None:
    *_, last = judge_clip(encoded([*moving(8, 320), *empty(8, 320), *moving(8, 320, start=16)], rate=5), using=USING)
    faces = [bool(frame.faces) for frame in last.frames]
    assert faces == [True] * 8 + [False] * 8 + [True] * 8
    assert last.cuts == 2 and list(last.tracks) == [0, 1]
    assert last.means == {"effort": pytest.approx(0.9)}


def test_a_clip_of_one_frame() -> None:
    *_, last = judge_clip(encoded(moving(1, 320)), using=USING)
    assert (len(last.frames), last.progress, last.verdict, last.damaged_after_s) == (1, 1.0, "likely fake", None)


def test_a_damaged_clip_is_judged_as_far_as_it_can_be_read() -> None:
    content = encoded(moving(40), "matroska", rate=10)
    *_, last = judge_clip(content[: len(content) * 2 // 3], using=USING)
    assert last.progress == 1.0 and len(last.frames) > 8
    assert last.damaged_after_s == last.frames[-1].time_s > 1
    assert f"nothing after {last.damaged_after_s:.1f} s" in " ".join(last.words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (sound_only(), "only sound"),
        (encoded(moving(30, 96))[:3000], "before its index"),
        (b"RIFF....AVI ", "not a clip"),
    ],
    ids=["sound", "no index", "header alone"],
)
def test_what_cannot_be_judged_is_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        next(judge_clip(content, using=USING))


def test_four_frames_a_second_are_judged() -> None:
    pictures = moving(1, 64) * 120
    answers = list(judge_clip(encoded(pictures, rate=5), using=USING))
    assert len(answers[-1].frames) == pytest.approx(96, abs=4)
    assert answers[0].progress < 0.05
