"""Effort's hot paths, as ratios in one run: `make benchmark`. Groups are what is compared with each other."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from engines.backbones import towers
from engines.backbones.precision import autocast
from engines.detection import methods
from engines.detection.detector import Detector
from engines.detection.effort.residual import ResidualLinear
from engines.detection.learner import ForgeryLearner
from engines.training.journal import MemoryJournal
from engines.training.loop import Loop
from engines.training.loop_config import LoopConfig

BATCH = {"images": torch.rand(16, 3, 98, 98), "labels": torch.arange(16) % 2}


class DenseResidual(ResidualLinear):
    """What the light form replaces: the residual made dense in each forward pass."""

    def forward(self, x):
        return F.linear(x, self.principal + self.residual(), self.bias)


def learner(method, dense=False):
    tower = towers.build("dinov2-s6")
    methods.prepare(tower, method)
    for layer in methods.residual_layers(tower).values() if dense else ():
        layer.__class__ = DenseResidual
    return ForgeryLearner(Detector(tower, nn.Linear(tower.feature_width, 2), {}))


@pytest.mark.benchmark(group="training step of 16 pictures, six blocks, 98 px")
@pytest.mark.parametrize("kind", ["effort", "effort, dense residual", "lora", "full"])
def test_step(benchmark, kind):
    model = learner(kind.split(",")[0], dense="dense" in kind)
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad])

    def step():
        with autocast("cpu"):
            loss = model(BATCH)["loss"]
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        return loss

    assert torch.isfinite(benchmark.pedantic(step, rounds=5, warmup_rounds=1))


@pytest.mark.benchmark(group="inference of 16 pictures")
@pytest.mark.parametrize("kind", ["untouched", "effort", "effort, merged"])
def test_inference(benchmark, kind):
    model = learner("probe" if kind == "untouched" else "effort").detector.eval()
    if "merged" in kind:
        methods.merge(model.tower)
    with torch.inference_mode():
        logits = benchmark.pedantic(lambda: model(BATCH["images"]), rounds=8, warmup_rounds=2)
    assert logits.shape == (16,)


class Batches:
    def __len__(self):
        return 64

    def __getitems__(self, items):
        return BATCH


@pytest.mark.benchmark(group="40 steps: the loop against a bare one")
@pytest.mark.parametrize("kind", ["bare", "the loop"])
def test_loop_overhead(benchmark, kind):
    config = LoopConfig.build({"steps": 40, "batch": 16, "device": "cpu", "precision": "fp32"})

    def bare():
        model = learner("effort")
        optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3, weight_decay=0)
        model.train()
        for _ in range(config.steps):
            loss = model(BATCH)["loss"]
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
        return model

    def ours():
        return Loop(learner("effort"), Batches(), config, MemoryJournal()).fit()

    trained = benchmark.pedantic(bare if kind == "bare" else ours, rounds=2, warmup_rounds=0)
    assert all(torch.isfinite(p).all() for p in trained.parameters())
