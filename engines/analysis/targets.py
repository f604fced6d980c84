"""What a map may explain: each target is a module from pictures (B, 3, H, W), RGB in [0, 1], to a number (B,).

A detector's logit is a target as it is, and the margin between its two classes is the same number. Besides: how like
one face is to another, and how strongly one direction of an attention weight answers.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.backbones.tower import Tower
from engines.errors import BadConfig


class Likeness(nn.Module):
    """Cosine between the embeddings of pictures and of one face.

    Args:
        embedder: (B, 3, S, S) -> (B, D). other: the face (1, 3, S, S) that pictures are compared with.
    """

    other: Tensor

    def __init__(self, embedder: nn.Module, other: Tensor):
        super().__init__()
        self.embedder = embedder
        with torch.no_grad():
            self.register_buffer("other", F.normalize(embedder(other).float(), dim=1))

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B,), in [-1, 1]."""
        return (F.normalize(self.embedder(images).float(), dim=1) * self.other).sum(dim=1)


class Component(nn.Module):
    """How strongly a singular direction of an attention weight answers, averaged over all tokens.

    The weight is W = U S V^T; the answer of direction k to a token x is s_k v_k · x, which is u_k · W x. The weight's
    bias adds a constant.

    Args:
        tower: a vision transformer. projection: "blocks.3.v" and so on.
        weight: that projection's, (out, in), as it acts with whatever was added to it.
        number: k, from the strongest, 0.

    Raises:
        BadConfig: the tower has no such projection, or the weight no such direction.
    """

    direction: Tensor

    def __init__(self, tower: Tower, projection: str, weight: Tensor, number: int):
        super().__init__()
        self.tower, self.projection = tower, projection
        if projection not in tower.projections():
            names = ", ".join(tower.projections()) or "none"
            raise BadConfig(f"{tower.name} has no projection {projection!r}; it has {names}.")
        if not 0 <= number < min(weight.shape):
            raise BadConfig(f"{projection} has directions 0 to {min(weight.shape) - 1}, not {number}.")
        left, _, right = torch.linalg.svd(weight.detach().float(), full_matrices=False)
        sign = torch.sign(right[number][right[number].abs().argmax()])  # the mathematics leaves it open
        self.register_buffer("direction", left[:, number] * sign)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B,), in the unit of the weight's output."""
        heard: list[Tensor] = []
        hook = self.tower.projections()[self.projection].register_forward_hook(lambda m, x, out: heard.append(out))
        try:
            self.tower(images)
        finally:
            hook.remove()
        return (heard[-1].float() @ self.direction).mean(dim=1)
