"""What a test says of methods: videos of one name stay apart, numbers are scikit-learn's, each has its interval."""

import numpy as np
import pytest
from sklearn import metrics as sk

from engines.data.build import write_json
from engines.data.layouts import read
from engines.detection.compare import metric_rows
from engines.detection.folders import FolderSamples
from engines.training.calibration import Calibration
from tests.paired_tree import faceforensics

MEASURES = (
    "average_precision", "eer", "eer_nearest", "accuracy_half", "accuracy", "accuracy_real", "accuracy_fake",
)  # fmt: skip
PLAIN = Calibration(scale=1.0, bias=0.0, threshold=0.5)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return faceforensics(tmp_path_factory.mktemp("tree") / "FF", frames=2)


@pytest.mark.parametrize("listed", [False, True])
def test_one_name_under_two_methods_is_two_videos(tree, tmp_path, listed):
    """Deepfakes/002_894 is missed and FaceSwap/002_894 found. Merged by their folder's name, as DeepfakeBench does,
    both would lie above every real video and the AUC be 1; apart it is one half."""
    place = write_json(read(tree).videos, tmp_path / "ff.json") if listed else tree
    test = FolderSamples(read(place).part("test", "c23"), "face", 32, 2)
    logit = np.array([_logit(str(path), label) for path, label in zip(test.paths, test.labels, strict=True)])
    rows = {row["level"]: row for row in metric_rows({("m", 0): logit}, {("m", 0): PLAIN}, test, draws=20)}
    # reals at 0, FaceSwap's two at 3, Deepfakes' two at -1: 4 of 8 pairs of videos, and of pictures as many
    assert rows["video"]["auc"] == rows["picture"]["auc"] == 0.5
    merged = {}
    for path, value, label in zip(test.paths, logit, test.labels, strict=True):
        merged.setdefault((label, path.parent.name), []).append(value)
    wrong = sk.roc_auc_score([label for label, _ in merged], [np.mean(values) for values in merged.values()])
    assert len(set(test.group.tolist())) == 6 and len(merged) == 4 and wrong == 1.0
    assert rows["video"]["accuracy_real"] == 0 and rows["video"]["accuracy_fake"] == 0.5  # a real's P is 0.5: "fake"


def _logit(path, label):
    return 0.0 if not label else 3.0 if "FaceSwap" in path else -1.0


class Frames:
    """Videos of three frames each."""

    videos = True

    def __init__(self, count):
        rng = np.random.default_rng(0)
        self.labels = np.repeat(rng.integers(0, 2, count), 3)
        self.group = np.repeat([f"v{number}" for number in range(count)], 3)
        self.logit = rng.normal(size=3 * count).round(1) + self.labels


def test_numbers_are_scikit_learns_and_lie_in_their_intervals():
    test = Frames(40)
    rows = metric_rows({("m", 0): test.logit}, {("m", 0): PLAIN}, test, draws=100)
    probability = PLAIN(test.logit)
    video = probability.reshape(-1, 3).mean(1)
    for row, scores, labels in ((rows[0], probability, test.labels), (rows[1], video, test.labels[::3])):
        assert row["auc"] == pytest.approx(sk.roc_auc_score(labels, scores))
        assert row["average_precision"] == pytest.approx(sk.average_precision_score(labels, scores))
        assert row["accuracy"] == row["accuracy_half"] == pytest.approx(sk.accuracy_score(labels, scores >= 0.5))
        assert row["accuracy_fake"] == pytest.approx(sk.recall_score(labels, scores >= 0.5))
        assert row["accuracy_real"] == pytest.approx(sk.recall_score(labels, scores >= 0.5, pos_label=0))
        false_alarms, hits, _ = sk.roc_curve(labels, scores, drop_intermediate=False)
        assert row["eer_nearest"] == pytest.approx(false_alarms[np.argmin(abs(1 - hits - false_alarms))])
        assert row["low"] < row["auc"] < row["high"]
        assert all(row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] for name in MEASURES)
        assert all(row[f"{name}_low"] < row[f"{name}_high"] for name in MEASURES[:5])


def test_frames_of_one_video_are_drawn_together():
    """Three equal frames a video are no more knowledge than one: the interval is as wide as that of videos alone."""
    test = Frames(40)
    test.logit = np.repeat(test.logit[::3], 3)
    rows = metric_rows({("m", 0): test.logit}, {("m", 0): PLAIN}, test, draws=200)
    width = [row["average_precision_high"] - row["average_precision_low"] for row in rows]
    assert width[0] == pytest.approx(width[1], rel=0.02)
