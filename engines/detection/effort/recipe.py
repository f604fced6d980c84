"""The Effort recipe: its settings and presets. Imports no torch.

Differs from the paper: the backbone of every preset but `paper` is the bundled half of DINOv2-S, the pictures are the
face world's, and training starts from the converged linear probe, since on small data a head that starts from nothing
spends the budget on finding the probe. `paper` starts from a random head, with CLIP ViT-L/14, 224 px, Adam and
DeepfakeBench's augmentations. The paper's weights of the two constraint losses are not known; the released code
trains without them, and so do these presets.
"""

from pydantic import field_validator

from engines.errors import BadConfig
from engines.training.config import Field
from engines.training.loop_config import LoopConfig
from engines.training.recipe import Paper, Recipe


class EffortConfig(LoopConfig):
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
    head: str = Field("softmax2", pattern="^(softmax2|sigmoid1)$", description="Two-way or one-way head", advanced=True)
    start: str = Field(
        "probe", pattern="^(probe|random)$", description="Head to start from: the converged probe, or N(0, 0.02)"
    )
    lora_rank: int = Field(4, ge=1, le=256, description="Rank of the rival LoRA", advanced=True)
    lora_lr: float = Field(1e-3, gt=0, le=1, description="Learning rate of LoRA", advanced=True)
    full_lr: float = Field(3e-5, gt=0, le=1, description="Learning rate of full fine-tuning", advanced=True)
    seeds: int = Field(1, ge=1, le=20, description="Trainings of each method, seeds counted up from seed")
    tower: str = Field("dinov2-s6", description="Backbone, as in `mien weights`", advanced=True)
    data: str = Field("world", description="world, a folder with real/ and fake/, or a DeepfakeBench JSON")
    recipe: str = Field(
        "crop", pattern="^(crop|face|natural)$", advanced=True,
        description="Pictures: crop (face world), face (DeepfakeBench augmentations), natural (tile and crop, UnivFD)",
    )  # fmt: skip
    crop_px: int = Field(98, ge=28, le=518, description="Side of the crops", unit="px", advanced=True)
    frames: int = Field(8, ge=1, le=512, description="Frames of each video", unit="frames", advanced=True)
    families: tuple[str, ...] = Field(
        ("swap", "selfblend"), description="Face-world forgeries trained on; the test set has them all"
    )
    train_pictures: int = Field(3600, ge=40, description="Training pictures, half of them real", unit="pictures")
    test_pictures: int = Field(2800, ge=40, description="Test pictures", unit="pictures")
    draws: int = Field(400, ge=20, le=10000, description="Bootstrap draws of each interval", advanced=True)

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

    @property
    def stage(self) -> str:
        """A file-name safe form."""
        return self.text.replace(":", "-").replace("=", "")


def require_data(config: EffortConfig) -> None:
    """Say what is missing before an hour is spent.

    Raises:
        BadConfig: pictures of one recipe are asked for with the data of another.
    """
    if config.data == "world" and config.recipe != "crop":
        raise BadConfig(
            f"recipe = {config.recipe} is for photographs. Set data to a folder with real/ and fake/ or to a "
            "DeepfakeBench JSON, or recipe to crop for the face world."
        )


_TINY = {
    "tower": "vit-tiny-random", "crop_px": 56, "steps": 8, "batch": 8, "train_pictures": 48, "test_pictures": 56,
    "draws": 50, "lr": 1e-2, "precision": "fp32",
}  # fmt: skip
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
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="detect",
    says="Each attention weight is split by SVD; the largest directions stay frozen, the last k are trained.",
)
