"""L2P (Wang et al., CVPR 2022): a pool of prompts, of which the frozen feature of a picture chooses some.

query q = frozen feature; the prompts with the nearest keys (cosine) are appended; the feature is the mean of what comes
out at the prompts. Loss: cross-entropy among the session's classes, less the mean cosine of q and its chosen keys.

Differs from the paper: prompts enter where the tuned blocks begin, at the input where all are; with cross-entropy over
all K_t logits in a domain stream, where every class is in every session.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.continual.bench import Bench, Logits
from engines.continual.learners import MOMENTUM
from engines.continual.network import Network
from engines.continual.safe.recipe import SafeConfig
from engines.continual.sessions import Session


class PoolLearner(nn.Module):
    """Keys (P, F), prompts (P, L, D) and a linear head over all classes of the stream, those not seen masked."""

    def __init__(self, network: Network, config: SafeConfig, classes: int, seed: int):
        super().__init__()
        self.network, self.chosen, self.pull = network, config.l2p_chosen, config.l2p_pull
        self.head_lr = config.head_lr
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.keys = nn.Parameter(torch.rand(config.l2p_pool, network.feature_width) * 2 - 1)
            self.prompts = nn.Parameter(0.02 * torch.randn(config.l2p_pool, config.l2p_length, network.width))
            self.head = nn.Linear(network.width, classes)
        self.present: tuple[int, ...] = ()

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        logits, nearness = self._logits(batch["x"])
        first = self.present[0]
        among = F.cross_entropy(logits[:, first : self.present[-1] + 1], batch["labels"] - first)
        return {"loss": among - self.pull * nearness, "loss/class": among, "loss/near": nearness}

    @torch.no_grad()
    def answer(self, x: Tensor) -> Tensor:
        """Logits (B, K_t) of the classes seen."""
        return self._logits(x)[0][:, : self.present[-1] + 1]

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """Keys and prompts, and the head at its own rate."""
        rates = (([self.keys, self.prompts], lr), (list(self.head.parameters()), self.head_lr))
        return [{"params": parameters, "lr": rate, "momentum": MOMENTUM} for parameters, rate in rates]

    def outputs(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, D) of the chosen prompts, and the mean cosine of queries and chosen keys."""
        with torch.no_grad():
            query = F.normalize(self.network(x).float())
        near, where = (query @ F.normalize(self.keys).T).topk(self.chosen, dim=1)
        tokens = self.network.tokens(x)
        prompts = self.prompts[where].flatten(1, 2).to(tokens.dtype)  # (B, N, L, D) -> (B, N L, D)
        out = self.network.through(torch.cat([tokens, prompts], 1))
        return out[:, tokens.shape[1] :].mean(1), near.mean()

    def _logits(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features, nearness = self.outputs(x)
        return self.head(features).float(), nearness


class PromptPool:
    """L2P as a method of the bench."""

    curves = ("answer",)

    def __init__(self, bench: Bench):
        self.bench = bench
        self.learner = PoolLearner(bench.network, bench.config, bench.classes, bench.seed).to(bench.inputs.device)

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        self.learner.present = session.present
        self.bench.fit(self.learner, session, answer=self.bench.answering(self.learner.answer))

    def logits(self, indices: np.ndarray) -> Logits:
        """See `bench.Method`."""
        return {"answer": self.bench.compute(self.learner.answer, self.bench.test, indices).numpy()}

    def features(self, indices: np.ndarray) -> np.ndarray:
        """See `bench.Method`."""
        return self.bench.compute(lambda x: self.learner.outputs(x)[0], self.bench.test, indices).numpy()
