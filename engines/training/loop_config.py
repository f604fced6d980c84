"""Settings of the one loop, apart from it so that declaring a recipe imports no torch."""

from engines.training.config import Config, Field


class LoopConfig(Config):
    """Settings of the loop that recipes share."""

    steps: int = Field(200, ge=1, le=1_000_000, description="Optimiser steps", unit="steps")
    batch: int = Field(32, ge=2, le=4096, description="Samples in a step, over all devices", unit="samples")
    lr: float = Field(1e-3, gt=0, le=1, description="Peak learning rate")
    weight_decay: float = Field(0.0, ge=0, le=1, description="Weight decay", advanced=True)
    optimiser: str = Field(
        "adamw", pattern="^(adamw|adam|sgd)$", description="adamw, adam (L2 decay) or sgd", advanced=True
    )
    schedule: str = Field(
        "constant", pattern="^(constant|cosine|steps)$", description="constant, cosine or steps", advanced=True
    )
    drops: tuple[float, ...] = Field(
        (0.55, 0.7, 0.8), description="Shares of the steps after which `steps` divides the rate by ten", advanced=True
    )  # fmt: skip
    horizon: int = Field(
        0, ge=0, description="Steps over which the rate falls; 0 is all of them", unit="steps", advanced=True
    )
    floor: float = Field(0.0, ge=0, le=1, description="Where a cosine ends, as a share of lr", advanced=True)
    warmup: int = Field(0, ge=0, description="Steps of linear warm-up", unit="steps", advanced=True)
    clip: float = Field(0.0, ge=0, description="Largest gradient norm; 0 leaves gradients alone", advanced=True)
    sam: float = Field(
        0.0, ge=0, le=10, description="Radius of sharpness-aware minimisation; 0 is none, else a step takes two passes",
        advanced=True,
    )  # fmt: skip
    ema: float = Field(0.0, ge=0, lt=1, description="Decay of the weights' moving average; 0 is none", advanced=True)
    precision: str = Field("auto", pattern="^(auto|fp32|bf16|fp16)$", description="auto asks the device", advanced=True)
    device: str = Field("auto", description="auto, cpu, cuda or mps", advanced=True)
    loaders: int = Field(0, ge=0, le=64, description="Loader processes beside the training one", advanced=True)
    checkpoint_s: float = Field(30.0, ge=0, description="Seconds between checkpoints", unit="s", advanced=True)
