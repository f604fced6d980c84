"""The learning rate that falls by ten at chosen shares of a training, as face recognition trains."""

import pytest

from engines.training.loop import learning_rate
from engines.training.loop_config import LoopConfig


def test_it_falls_by_ten_at_22_28_and_32_of_40():
    config = LoopConfig(steps=40, schedule="steps", drops=(22 / 40, 28 / 40, 32 / 40), warmup=2)
    rates = [learning_rate(step, config) for step in (0, 1, 2, 21, 22, 27, 28, 31, 32, 39)]
    assert rates == pytest.approx([0.5, 1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
