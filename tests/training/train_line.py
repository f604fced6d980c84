"""A small training that `test_parallel` starts, alone or under `torchrun`: `train_line.py OUT`."""

import sys

import torch
from torch import nn

from engines.training.journal import MemoryJournal
from engines.training.loop import Loop
from engines.training.loop_config import LoopConfig


class Line(nn.Module):
    """Least squares on (4,) -> 1."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.line = nn.Linear(4, 1)

    def forward(self, batch):
        return {"loss": (self.line(batch["x"])[:, 0] - batch["y"]).square().mean()}


class Points:
    """x standard normal, y the sum of x."""

    def __init__(self):
        self.x = torch.randn(40, 4, generator=torch.Generator().manual_seed(1))

    def __len__(self):
        return 40

    def __getitems__(self, items):
        x = self.x[[index for index, _ in items]]
        return {"x": x, "y": x.sum(1)}


settings = {"steps": 15, "batch": 8, "lr": 0.1, "optimiser": "sgd", "device": "cpu", "precision": "fp32"}
config = LoopConfig.build(settings)
learner = Line()
start = learner.line.weight.detach().clone()
loop = Loop(learner, Points(), config, MemoryJournal())
loop.fit()
if loop.accelerator.is_main_process:
    kept = {"weight": learner.line.weight.detach(), "start": start, "processes": loop.accelerator.num_processes}
    torch.save(kept, sys.argv[1])
loop.accelerator.end_training()
