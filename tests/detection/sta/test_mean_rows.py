"""The mean of several trainings' AUCs: by hand, and what its interval holds."""

from types import SimpleNamespace

import numpy as np
import pytest

from engines.detection.compare import mean_rows
from engines.training.metrics import auc

TEST = SimpleNamespace(
    labels=np.repeat([0, 1], 20),
    family=np.repeat(["real", "a", "b"], [20, 10, 10]),
    group=np.tile(np.arange(10), 4),
)


def test_the_mean_over_seeds_by_hand():
    rng = np.random.default_rng(0)
    perfect, noise = TEST.labels.astype(float), rng.standard_normal(40)
    rows = mean_rows({("x", 0): perfect, ("x", 1): noise, ("y", 0): perfect}, TEST, ["a"], draws=100)
    found = {(row["method"], row["family"]): row for row in rows}
    assert set(found) == {(m, f) for m in "xy" for f in ("a", "b", "seen families", "unseen families")}
    of_a = (TEST.labels == 0) | (TEST.family == "a")
    row = found["x", "a"]
    assert row["auc"] == pytest.approx((1 + auc(noise[of_a], TEST.labels[of_a])) / 2) and row["seeds"] == 2
    assert row["low"] <= row["auc"] <= row["high"] and row["low"] < 0.9
    assert found["y", "b"]["low"] == found["y", "b"]["high"] == 1.0
