"""The loop: what it optimises, and that a stopped run ends where an unstopped one does."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from engines.errors import MienError, Stopped
from engines.training.ema import Ema
from engines.training.journal import MemoryJournal
from engines.training.loop import Loop, learning_rate
from engines.training.loop_config import LoopConfig
from engines.training.sampling import StepSampler


class Points:
    """Noisy points; the noise follows from the item's seed, as augmentation does."""

    def __init__(self):
        self.x = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32))
        self.y = (self.x[:, 0] > 0).long()

    def __len__(self):
        return len(self.x)

    def __getitems__(self, items):
        noise = torch.stack([torch.randn(4, generator=torch.Generator().manual_seed(seed)) for _, seed in items])
        indices = [index for index, _ in items]
        return {"x": self.x[indices] + 0.1 * noise, "y": self.y[indices]}


class Classifier(nn.Module):
    """Dropout draws from torch's generator: resuming must restore that too."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.Linear(8, 2))

    def forward(self, batch):
        return {"loss": nn.functional.cross_entropy(self.net(batch["x"]), batch["y"])}


def fit(journal, **settings):
    config = LoopConfig.build({"steps": 24, "batch": 8, "lr": 0.01, "precision": "fp32", "device": "cpu", **settings})
    return Loop(Classifier(), Points(), config, journal).fit()


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


@pytest.mark.parametrize("stop_at", [1, 7, 23])
@pytest.mark.parametrize("settings", [{"ema": 0.9, "schedule": "cosine"}, {"optimiser": "sgd", "loaders": 2}])
def test_stopped_and_resumed_is_bit_identical(stop_at, settings):
    whole = fit(MemoryJournal(), **settings)
    journal = MemoryJournal(stop_at=stop_at)
    with pytest.raises(Stopped, match=f"step {stop_at} of 24"):
        fit(journal, **settings)
    journal.stop_at = None
    torch.manual_seed(12345)  # whatever happened in between must not matter
    assert same(whole, fit(journal, **settings))
    assert [row["step"] for row in journal.metrics] == list(range(1, 25))


def test_another_seed_gives_other_weights():
    assert not same(fit(MemoryJournal()), fit(MemoryJournal(), seed=1))


def test_a_finished_stage_is_not_trained_again():
    journal = MemoryJournal()
    first = fit(journal)
    said = len(journal.metrics)
    assert same(first, fit(journal)) and len(journal.metrics) == said


def test_sgd_step_by_hand():
    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.tensor([2.0]))

        def forward(self, batch):
            return {"loss": (self.w * batch["x"][:, 0]).mean() ** 2}

    class Ones(Points):
        def __getitems__(self, items):
            return {"x": torch.ones(len(items), 4)}

    config = LoopConfig.build({"steps": 2, "batch": 4, "lr": 0.1, "optimiser": "sgd", "precision": "fp32"})
    learner = Loop(Line(), Ones(), config, MemoryJournal()).fit()
    assert learner.w.item() == pytest.approx(2.0 * 0.8 * 0.8)  # w <- w - 0.1 * 2 w, twice


def test_a_loss_that_is_no_number_is_said():
    class Broken(Classifier):
        def forward(self, batch):
            return {"loss": super().forward(batch)["loss"] * float("nan")}

    config = LoopConfig.build({"steps": 3, "batch": 4, "precision": "fp32"})
    with pytest.raises(MienError, match="Lower the learning rate"):
        Loop(Broken(), Points(), config, MemoryJournal()).fit()


def test_learning_rate_by_hand():
    config = LoopConfig.build({"steps": 12, "warmup": 2, "schedule": "cosine"})
    factors = [learning_rate(step, config) for step in (0, 1, 2, 7, 12)]
    assert factors == pytest.approx([0.5, 1.0, 1.0, 0.5, 0.0])


def test_ema_by_hand_and_put_back():
    parameter = nn.Parameter(torch.tensor([0.0]))
    ema = Ema([parameter], decay=0.5)
    ema.update()
    with torch.no_grad():
        parameter.fill_(4.0)
    ema.update()
    with ema.applied():
        assert float(parameter) == pytest.approx(2.0)
    assert float(parameter) == 4.0


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 20), st.integers(0, 19), st.integers(0, 1000))
def test_sampler_resumes_and_divides(size, share, steps, start, seed):
    start = min(start, steps)
    whole = list(StepSampler(size, 2 * share, steps, seed))
    assert list(StepSampler(size, 2 * share, steps, seed, start=start)) == whole[start:]
    halves = [list(StepSampler(size, 2 * share, steps, seed, rank=rank, world=2)) for rank in (0, 1)]
    assert [sorted(a + b) for a, b in zip(*halves, strict=True)] == [sorted(batch) for batch in whole]


@given(st.integers(1, 30), st.integers(0, 1000))
def test_each_epoch_sees_every_sample_once(size, seed):
    items = [index for batch in StepSampler(size, 1, 3 * size, seed) for index, _ in batch]
    for epoch in range(3):
        assert sorted(items[epoch * size : (epoch + 1) * size]) == list(range(size))
