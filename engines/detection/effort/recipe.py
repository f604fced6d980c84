"""The Effort recipe: its settings and presets. Imports no torch.

Differs from the paper: the backbone of every preset but `paper` is the bundled half of DINOv2-S, the pictures are the
face world's, and training starts from the converged linear probe, since on small data a head that starts from nothing
spends the budget on finding the probe. `paper` starts from a random head, with CLIP ViT-L/14, 224 px, Adam and
DeepfakeBench's augmentations. The paper's weights of the two constraint losses are not known; the released code
trains without them, and so do these presets.
"""

from pydantic import field_validator

from engines.detection.config import TINY, DetectionConfig
from engines.training.config import Field
from engines.training.recipe import Paper, Recipe


class EffortConfig(DetectionConfig):
    """Settings of Effort and of the rivals trained beside it."""

    methods: tuple[str, ...] = Field(
        ("effort",),
        description="What is trained, the one to keep first: effort, lora, full; with options: effort:rank=8",
    )
    rank: int = Field(1, ge=1, le=256, description="Residual directions trained per attention weight (k)")
    floor: float = Field(0.0, ge=0, description="Smallest singular value trained; 0 takes the smallest there are")
    residual_lr: float = Field(1.0, gt=0, le=1000, description="Learning rate of the residual u, s and v, times lr")
    scale_lr: float = Field(1.0, gt=0, le=1000, description="Learning rate of its scale s, times that of the residual")
    targets: tuple[str, ...] = Field(("q", "k", "v", "out"), description="Attention weights tuned", advanced=True)
    lambda_orth: float = Field(0.0, ge=0, description="Weight of the orthogonality loss")
    lambda_ksv: float = Field(0.0, ge=0, description="Weight of the loss that keeps the size of the weight")
    orth_form: str = Field(
        "squared", pattern="^(squared|code)$", description="Paper's squared norm, or the code's", advanced=True
    )
    lora_rank: int = Field(4, ge=1, le=256, description="Rank of the rival LoRA", advanced=True)
    lora_lr: float = Field(1e-3, gt=0, le=1, description="Learning rate of LoRA", advanced=True)
    full_lr: float = Field(3e-5, gt=0, le=1, description="Learning rate of full fine-tuning", advanced=True)

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        for text in methods:
            Variant.parse(text)
        if not methods:
            raise ValueError("name at least one of effort, lora, full, probe")
        return methods


class Variant:
    """One entry of `methods`: a method with options of its own, such as `effort:rank=8`."""

    OPTIONS = ("rank", "floor", "residual_lr", "scale_lr", "lambda_orth", "lambda_ksv", "lr", "lora_rank", "precision")
    METHODS = ("effort", "lora", "full", "probe")

    def __init__(self, method: str, options: dict[str, str], text: str):
        self.method, self.options, self.text = method, options, text

    @classmethod
    def parse(cls, text: str) -> "Variant":
        """Read an entry.

        Raises:
            ValueError: no such method or option.
        """
        method, *pairs = text.split(":")
        options = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        if method not in cls.METHODS or len(options) != len(pairs) or not set(options) <= set(cls.OPTIONS):
            raise ValueError(
                f"{text!r} is not a method; write one of {', '.join(cls.METHODS)}, with options among "
                f"{', '.join(cls.OPTIONS)} as in effort:rank=8"
            )
        return cls(method, options, text)

    def configure(self, config: EffortConfig) -> EffortConfig:
        """The settings of this variant: the method's learning rate, then its own options."""
        rates = {"lora": config.lora_lr, "full": config.full_lr}
        return config.replace(**{"lr": rates.get(self.method, config.lr), **self.options})


_DEMO = {"steps": 120, "train_pictures": 1200, "test_pictures": 840}
_FULL = {
    "methods": ("effort", "effort:scale_lr=30", "effort:rank=8:residual_lr=5", "lora", "full"),
    "steps": 240,
    "seeds": 3,
}
_PAPER = {
    "tower": "clip/openai/clip-vit-large-patch14", "recipe": "face", "data": "", "crop_px": 224, "start": "random",
    "optimiser": "adam", "lr": 2e-4, "weight_decay": 5e-4, "batch": 32, "frames": 8, "steps": 40_000, "seed": 1024,
}  # fmt: skip

RECIPE = Recipe(
    name="effort",
    title="Effort: train what a weight keeps in its last directions",
    paper=Paper(
        "Orthogonal Subspace Decomposition for Generalizable AI-Generated Image Detection",
        "ICML 2025",
        "https://arxiv.org/abs/2411.15633",
    ),
    config=EffortConfig,
    run="engines.detection.effort.train:train",
    presets={"tiny": TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="detect",
    says="Each attention weight is split by SVD; the largest directions stay frozen, the last k are trained.",
)
