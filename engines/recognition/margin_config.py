"""What a training of an embedder with a margin asks of its settings, whichever recipe they belong to."""

from typing import Protocol


class DecayConfig(Protocol):
    """Settings of the optimiser's parameter groups, and of the loop around them."""

    optimiser: str
    momentum: float
    weight_decay: float


class MarginConfig(DecayConfig, Protocol):
    """Settings of the margin loss, as `engines.training.margins` means them."""

    loss: str
    margin: float
    scale: float
    margin_warmup: int
