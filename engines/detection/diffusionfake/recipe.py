"""The recipe of DiffusionFake: its settings, its parts and their controls. Imports no torch.

Differs from the paper: the backbone of every preset but `paper` is the bundled half of DINOv2-S tuned by LoRA, the
pictures are the face world's, training starts from the converged probe, and the frozen denoiser is one of the face
world's real faces (recipe `latent`) instead of Stable Diffusion 1.5. Crops of a picture and of the frames behind it
lie at the same place and are mirrored alike, where the released code moves the picture alone. `full` trains the guide
alone first (`guide_first`): in 160 steps, where the paper has 45,000, its zero convolutions hardly open, and until they
do nothing reaches the detector.
"""

from typing import Any

from pydantic import field_validator

from engines.detection.config import TINY, DetectionConfig
from engines.training.config import Field
from engines.training.recipe import Paper, Recipe

VARIANTS: dict[str, dict[str, Any]] = {
    "diffusionfake": {},
    "plain": {"guided": False},
    "no-filter": {"filtered": False},
    "no-weights": {"weighed": False},
    "forgetful": {"pretrained": False},
    "shuffled": {"partners": "shuffled"},
    "code": {"lambda_source": 1.0, "lambda_target": 1.0, "similarity": "half"},
}
"""What each method changes: the paper's form, none of it, one part less, a denoiser that knows no faces, sources and
targets of other pictures, and the released code's losses."""


class DiffusionFakeConfig(DetectionConfig):
    """Settings of the guided reconstructions, and of the trainings compared."""

    methods: tuple[str, ...] = Field(
        ("diffusionfake", "plain"), description=f"What is trained, the one to keep first: {', '.join(VARIANTS)}"
    )
    denoiser: str = Field(
        "world", description="Frozen denoiser: world (of face-world photographs), or a folder as diffusers saves it"
    )
    pretrained: bool = Field(True, description="Keep what the denoiser has learnt; without, a control", advanced=True)
    tuned: str = Field("lora", pattern="^(lora|effort|full)$", description="How the backbone is tuned, in each method")
    tuned_rank: int = Field(4, ge=1, le=256, description="Rank of LoRA or Effort", advanced=True)
    guided: bool = Field(True, description="Train the two reconstructions beside the classification", advanced=True)
    lambda_source: float = Field(0.7, ge=0, description="Weight of the source's reconstruction")
    lambda_target: float = Field(1.0, ge=0, description="Weight of the target's reconstruction")
    lambda_weights: float = Field(1.0, ge=0, description="Weight of what the two weight modules are held to")
    similarity: str = Field(
        "cosine",
        pattern="^(cosine|half)$",
        description="Likeness of latents: cosine (paper) or (cosine + 1) / 2 (code)",
    )
    partners: str = Field(
        "own", pattern="^(own|shuffled)$", description="Source and target: the picture's own, or another's (a control)"
    )
    filtered: bool = Field(True, description="Gates and attention of the feature filters", advanced=True)
    weighed: bool = Field(True, description="Weight modules; without them each guide counts fully", advanced=True)
    cheap: bool = Field(True, description="Reduce channels before enlarging: 50 times fewer weights", advanced=True)
    weight_form: str = Field("code", pattern="^(code|mlp)$", description="Form of the weight modules", advanced=True)
    module_lr: float = Field(1.0, gt=0, le=1000, description="Learning rate of what guides, times lr", advanced=True)
    weight_lr: float = Field(
        0.05, gt=0, le=1000, description="Learning rate of the weight modules, times lr: 1e-3 drives them to 0 and 1",
        advanced=True,
    )  # fmt: skip
    guide_first: int = Field(
        0, ge=0, le=1_000_000, description="Steps in which the guide alone is trained, before the detector moves",
        unit="steps",
    )  # fmt: skip
    looked_at: int = Field(90, ge=18, le=10_000, description="Test forgeries whose weights are kept", unit="pictures")
    sample_steps: int = Field(20, ge=2, le=1000, description="DDIM steps of a reconstruction", unit="steps")
    sample_seeds: int = Field(3, ge=1, le=20, description="Noises that each reconstruction begins with")

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if not methods or not set(methods) <= set(VARIANTS):
            raise ValueError(f"name at least one of {', '.join(VARIANTS)}")
        return methods

    def variant(self, name: str) -> "DiffusionFakeConfig":
        """The settings of one method."""
        return self.replace(**VARIANTS[name])


_TINY = {**TINY, "denoiser": "tiny-random", "looked_at": 18, "sample_steps": 2, "sample_seeds": 2}
_DEMO = {
    "steps": 25, "batch": 16, "train_pictures": 600, "test_pictures": 700, "sample_steps": 5,
    "looked_at": 18, "sample_seeds": 1,
}  # fmt: skip
_FULL = {
    "methods": ("diffusionfake", "plain", "forgetful", "shuffled"), "steps": 160, "batch": 16, "seeds": 3,
    "guide_first": 200,
}  # fmt: skip
_PAPER = {
    "tower": "timm/tf_efficientnet_b4.ns_jft_in1k", "denoiser": "stable-diffusion-v1-5", "tuned": "full", "data": "",
    "recipe": "face", "crop_px": 256, "start": "random", "head": "sigmoid1", "optimiser": "adam", "lr": 1e-5,
    "batch": 32, "frames": 50, "cheap": False, "weight_lr": 1.0, "sample_steps": 50, "steps": 45_000, "seed": 3407,
}  # fmt: skip

RECIPE = Recipe(
    name="diffusionfake",
    title="DiffusionFake: give a fake its two faces back",
    paper=Paper(
        "DiffusionFake: Enhancing Generalization in Deepfake Detection via Guided Stable Diffusion",
        "NeurIPS 2024",
        "https://arxiv.org/abs/2410.04372",
    ),
    config=DiffusionFakeConfig,
    run="engines.detection.diffusionfake.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="detect",
    says="What the detector sees must steer a frozen diffusion model to the source's and to the target's face.",
)
