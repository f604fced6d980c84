"""Faces of clips with their landmarks, and drift over a small set of the face world."""

import numpy as np
import pytest

from engines.analysis import drift_set
from engines.analysis.drift import organ_drift
from engines.analysis.face_tracks import tracks_of_clip
from engines.errors import BadConfig, BadInput
from tests.data.clips_made import empty, encoded, moving


def test_a_real_photograph_that_only_moves_hardly_drifts() -> None:
    """What is left is the jitter of the landmarks themselves, in percent of the distance between the eyes."""
    (track,) = tracks_of_clip(encoded(moving(20)), seconds=2)
    assert len(track) == 20
    assert track.landmarks.shape == (20, 68, 2) and track.crops.shape == (20, 112, 112, 3)
    assert organ_drift(track.landmarks, track.times).number() < 0.03
    assert organ_drift(track.five, track.times).number() < 0.05


def test_a_cut_ends_a_track_and_frames_without_a_face_are_left_out() -> None:
    content = encoded([*moving(9), *empty(5), *moving(7, start=30, mirrored=True)])
    first, second = tracks_of_clip(content)
    assert (len(first), len(second)) == (9, 7)
    assert second.times[0] == pytest.approx(14 / 25, abs=0.01)
    (part,) = tracks_of_clip(content, start_s=0.55)
    np.testing.assert_allclose(part.times, second.times)


@pytest.mark.parametrize(
    ("content", "start_s", "words"),
    [
        (encoded(moving(1)), 0, "there is one frame"),
        (encoded(empty(4, 96)), 0, "no two of them"),
        (encoded(moving(3, 96)), 9, "ends after 0.1 s"),
    ],
)
def test_what_has_no_movement_to_measure_is_said(content: bytes, start_s: float, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        tracks_of_clip(content, start_s)


def test_a_set_holds_each_clip_in_each_kind_and_the_numbers_of_the_truth() -> None:
    made = {"still": lambda film, seed: np.repeat(film.frames[:1], len(film), 0)}
    rows = drift_set.measure(["drift-swap"], clips=2, frames=6, size_px=64, made=made)
    assert [(row["kind"], row["source"]) for row in rows[:5]] == [
        ("real", "true landmarks"), ("real", "68 read"), ("drift-swap", "true landmarks"), ("drift-swap", "68 read"),
        ("still", "68 read"),
    ]  # fmt: skip
    still = [row["all"] for row in rows if row["kind"] == "still"]
    assert max(still) < 1e-6, "one picture shown six times does not drift"
    by_truth = {(row["kind"], row["clip"]): row["all"] for row in rows if row["source"] == drift_set.TRUE}
    assert all(by_truth["drift-swap", clip] > by_truth["real", clip] for clip in range(2))
    (apart,) = drift_set.told_apart(rows, drift_set.TRUE, "all")
    assert (apart["kind"], apart["auc"]) == ("drift-swap", 1.0)
    with pytest.raises(BadConfig, match="two clips"):
        drift_set.measure(clips=1)
