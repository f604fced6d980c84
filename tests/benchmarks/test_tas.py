"""A training step of TAS beside those of its rivals, which the paper calls about as costly as OFA's; CKA in batches."""

import pytest
import torch

from engines.analysis.similarity import Cka
from engines.distillation import zoo
from engines.distillation.learner import Distiller
from engines.distillation.methods import FitNet, Logits, Ofa
from engines.distillation.tas.method import Tas

METHODS = {"kd": lambda *pair: Logits("kd"), "fitnet": FitNet, "ofa": Ofa, "tas": Tas}
BATCH = {"images": torch.rand(16, 3, 56, 56), "labels": torch.arange(16) % 4, "index": torch.arange(16)}


@pytest.mark.benchmark(group="one step of distillation, resnet-s > vit-xs")
@pytest.mark.parametrize("name", METHODS)
def test_a_step_of_each_method(benchmark, name):
    torch.manual_seed(0)
    pair = zoo.build("resnet-s", 4), zoo.build("vit-xs", 4)
    learner = Distiller(pair[1], pair[0], METHODS[name](*pair)).train()

    def step():
        learner.zero_grad()
        loss = learner(BATCH)["loss"]
        loss.backward()
        return loss

    assert torch.isfinite(benchmark.pedantic(step, rounds=4, warmup_rounds=1))


@pytest.mark.benchmark(group="CKA of 9 x 9 layers over 192 pictures")
@pytest.mark.parametrize("exact", [True, False], ids=["exact", "sums of batches"])
def test_cka(benchmark, exact):
    layers = [torch.randn(192, 64, 7, 7) for _ in range(9)]

    def compare():
        found = Cka(exact)
        for start in range(0, 192, 32):
            part = [each[start : start + 32] for each in layers]
            found.update(part, part)
        return found.compute()

    assert benchmark.pedantic(compare, rounds=2, warmup_rounds=0).shape == (9, 9)
