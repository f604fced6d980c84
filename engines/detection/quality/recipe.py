"""The recipe of the quality-centric framework: its settings, its parts and their controls. Imports no torch.

Differs from the paper, most of whose constants are not public: the backbone is the bundled half of DINOv2-S tuned by
LoRA, the pictures are the face world's, training starts from the converged probe, and every constant below is a choice
that is kept with the run.
"""

from typing import Any

from pydantic import field_validator

from engines.detection.config import TINY, DetectionConfig
from engines.detection.quality.pacing import CURVES, SHAPES
from engines.detection.quality.scores import PAIRS
from engines.training.config import Field
from engines.training.recipe import Paper, Recipe

VARIANTS: dict[str, dict[str, Any]] = {
    "quality": {},
    "plain": {"score": "none", "easy": "keep"},
    "static": {"score": "static", "easy": "keep"},
    "dynamic": {"score": "dynamic", "easy": "keep"},
    "both": {"easy": "keep"},
    "pacing": {"easy": "drop"},
    "random-score": {"order": "random"},
    "reversed": {"order": "reversed"},
    "freda-random": {"easy": "upgrade-random"},
}
"""What each method changes: `quality` is all of it, `plain` none, the next four add its parts, the rest control."""


def _one_of(choices: tuple[str, ...]) -> str:
    return f"^({'|'.join(choices)})$"


class QualityConfig(DetectionConfig):
    """Settings of quality scoring, FreDA and pacing, and of the trainings compared."""

    methods: tuple[str, ...] = Field(
        ("quality", "plain"), description=f"What is trained, the one to keep first: {', '.join(VARIANTS)}"
    )
    tuned: str = Field("lora", pattern="^(lora|effort|full)$", description="How the backbone is tuned, in each method")
    tuned_rank: int = Field(4, ge=1, le=256, description="Rank of LoRA or Effort", advanced=True)
    epochs: int = Field(5, ge=1, le=1000, description="Epochs the steps are divided into; quality is scored after each")
    warmup_epochs: int = Field(1, ge=0, description="Epochs on all raw forgeries before pacing begins")
    kept: float = Field(0.8, gt=0, le=1, description="Share of the forgeries drawn in an epoch, without replacement")
    temperature: float = Field(1.0, gt=0, description="Temperature of the draw: small draws only the highest scores")
    pair: str = Field("fake_target", pattern=_one_of(PAIRS), description="Whose similarity is the static quality")
    alpha: float = Field(1.0, ge=0, le=10, description="Weight of the static quality in the score (alpha_f)")
    score: str = Field("both", pattern="^(both|static|dynamic|none)$", description="What the score is made of")
    order: str = Field("forward", pattern="^(forward|reversed|random)$", description="The score, or a control of it")
    easy: str = Field(
        "upgrade", pattern="^(upgrade|upgrade-random|drop|keep)$",
        description="What becomes of the easy forgeries: FreDA, FreDA of random ones instead, left out, or as they are",
    )  # fmt: skip
    curve: str = Field("linear", pattern=_one_of(CURVES), description="How the share of easy forgeries rises")
    first: float = Field(0.1, ge=0, le=1, description="Share treated as easy when pacing begins")
    last: float = Field(0.6, ge=0, le=1, description="Share treated as easy in the last epoch")
    mask: str = Field("gaussian", pattern=_one_of(SHAPES), description="FreDA's low-pass mask", advanced=True)
    cutoff_low: float = Field(0.03, gt=0, le=0.5, description="Smallest cut-off, as a share of the side", advanced=True)
    cutoff_high: float = Field(0.15, gt=0, le=0.5, description="Largest cut-off, likewise", advanced=True)
    amplitude_only: bool = Field(False, description="FreDA mixes magnitudes and keeps the phase", advanced=True)

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in methods if name not in VARIANTS]
        if unknown or not methods:
            raise ValueError(f"name at least one of {', '.join(VARIANTS)}")
        return methods

    def variant(self, name: str) -> "QualityConfig":
        """The settings of one method."""
        return self.replace(**VARIANTS[name])


_TINY = {**TINY, "epochs": 4, "batch": 8, "methods": ("quality", "plain")}
_DEMO = {"steps": 100, "train_pictures": 1200, "test_pictures": 1000}
_FULL = {
    "methods": ("quality", "plain", "both", "random-score", "freda-random"), "steps": 160, "epochs": 8, "seeds": 3,
}  # fmt: skip
_PAPER = {
    "tower": "timm/tf_efficientnet_b4.ns_jft_in1k", "tuned": "full", "recipe": "face", "data": "", "crop_px": 256,
    "start": "random", "optimiser": "adam", "lr": 2e-4, "weight_decay": 5e-4, "batch": 32, "frames": 32, "epochs": 10,
    "steps": 36_000, "methods": ("quality", "plain"),
}  # fmt: skip

RECIPE = Recipe(
    name="quality",
    title="Quality-centric training: pace forgeries, upgrade the poor ones",
    paper=Paper(
        "A Quality-Centric Framework for Generic Deepfake Detection",
        "2024",
        "https://arxiv.org/abs/2411.05335",
    ),
    config=QualityConfig,
    run="engines.detection.quality.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="detect",
    says="Forgeries are scored by quality; easy ones get the real frame's low frequencies, hard ones come more often.",
)
