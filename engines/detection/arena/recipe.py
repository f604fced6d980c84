"""The recipe of the arena: which detectors, which pictures, and how they are measured. Imports no torch.

Differs from the paper (DeepfakeBench), whose protocols it follows: nothing is trained here; the pictures of `tiny`,
`demo` and `full` are the face world's test people; every AUC has an interval that resamples people or videos; and the
robustness figure has five kinds of damage at strengths of our own, as the papers' are not public. `paper` reads a
DeepfakeBench JSON with 32 frames of each video.
"""

from pydantic import field_validator

from engines.detection.config import DetectionConfig
from engines.errors import BadConfig
from engines.training.config import Config, Field
from engines.training.recipe import Paper, Recipe

DAMAGES = ("jpeg", "blur", "contrast", "block", "resize")
"""Kinds of damage, as `engines.detection.robustness` makes them."""


class ArenaConfig(Config):
    """Settings of a comparison of trained detectors."""

    detectors: tuple[str, ...] = Field(
        (),
        description="Names of bundled detectors, or folders artifacts/model of finished runs; empty takes all bundled",
    )
    data: str = Field("world", description="world, a folder with real/ and fake/, or a DeepfakeBench JSON")
    families: tuple[str, ...] = Field((), description="Forgery families tested on; empty takes all there are")
    test_pictures: int = Field(3600, ge=40, description="Test pictures of the world, 2 in 7 real", unit="pictures")
    baseline_pictures: int = Field(
        800, ge=40, description="Training pictures that the sharpness baseline is fitted on", unit="pictures"
    )
    damages: tuple[str, ...] = Field(DAMAGES, description=f"Of {', '.join(DAMAGES)}; empty leaves robustness out")
    severities: int = Field(5, ge=1, le=5, description="Severities of each damage, from the mildest")
    damaged_pictures: int = Field(600, ge=20, description="Test pictures that are damaged, at most", unit="pictures")
    bins: int = Field(10, ge=2, le=50, description="Bins of the reliability diagram, equally full")
    shown: int = Field(4, ge=1, le=50, description="Wrong pictures kept of each family and detector", unit="pictures")
    draws: int = Field(400, ge=20, le=10000, description="Bootstrap draws of each interval", advanced=True)
    frames: int = Field(32, ge=1, le=512, description="Frames of each video", unit="frames", advanced=True)
    precision: str = Field("auto", pattern="^(auto|fp32|bf16|fp16)$", description="auto asks the device", advanced=True)
    device: str = Field("auto", description="auto, cpu, cuda or mps", advanced=True)

    @field_validator("damages")
    @classmethod
    def _known(cls, damages: tuple[str, ...]) -> tuple[str, ...]:
        if set(damages) - set(DAMAGES):
            raise ValueError(f"name some of {', '.join(DAMAGES)}, or none")
        return damages

    def pictures(self) -> DetectionConfig:
        """The settings that make the same test people as in a training's comparison."""
        return DetectionConfig(test_pictures=self.test_pictures, train_pictures=self.baseline_pictures)


def require_data(config: ArenaConfig) -> None:
    """Say what is missing before anything is loaded.

    Raises:
        BadConfig: no data is named.
    """
    if not config.data:
        raise BadConfig("data is empty: name a folder with real/ and fake/, a DeepfakeBench JSON, or world.")


_TINY = {
    "detectors": ("lora",), "test_pictures": 98, "baseline_pictures": 48, "damages": ("jpeg",), "severities": 2,
    "damaged_pictures": 20, "bins": 4, "shown": 2, "draws": 50, "precision": "fp32",
}  # fmt: skip
_DEMO = {"test_pictures": 1000, "baseline_pictures": 400, "damaged_pictures": 60}
_PAPER = {"data": "", "damaged_pictures": 2000, "draws": 1000}

RECIPE = Recipe(
    name="arena",
    title="Arena: trained detectors on the same forgeries",
    paper=Paper(
        "DeepfakeBench: A Comprehensive Benchmark of Deepfake Detection",
        "NeurIPS 2023",
        "https://arxiv.org/abs/2307.01426",
    ),
    config=ArenaConfig,
    run="engines.detection.arena.run:run",
    presets={"tiny": _TINY, "demo": _DEMO, "full": {}, "paper": _PAPER},
    group="detect",
    says="Detectors meet every forgery family, damaged pictures and their own promises; each number has its interval.",
)
