"""The recipe of SAFE and all its rivals: which stream, in which orders, with which methods. Imports no torch.

A method may carry settings of its own, "safe:lambda_cc=0": every ablation of the paper is such an entry.

Differs from the paper: by default the stream is the face world's, the tower the bundled half of DINOv2-S, and only its
last two blocks are tuned, over tokens computed once for a few augmented views of each picture; the weights of the
losses there are choices. The released code's own behaviours are switches that are off: one set of sums for both
learners (`gram=shared`), the better of fast and mixed by test accuracy (the curve "released" is always shown, never
the headline), new rows that start at 0 (`new_rows=zero`), the slow head's rows of later classes left at 0
(`slow_rows=zero`). `paper` is CIFAR-100 as released, but for those.
"""

from typing import Any

from pydantic import field_validator, model_validator

from engines.errors import BadConfig
from engines.training.config import Config, Field
from engines.training.recipe import Paper, Recipe

METHODS = ("safe", "ranpac", "ranpac-frozen", "ncm", "linear", "joint", "sequential", "ewc", "lwf", "l2p", "ease")
WORLD = ("identities", "families", "ages", "occluders", "places")
AGGREGATIONS = ("entropy", "add", "max", "fast", "slow")


class SafeConfig(Config):
    """Settings of a run set over one stream."""

    methods: tuple[str, ...] = Field(
        ("safe", "ranpac", "sequential"),
        description=f"What is compared: {', '.join(METHODS)}; with settings of its own: safe:lambda_cc=0",
    )
    data: str = Field(
        "identities", description=f"What arrives: {', '.join(WORLD)}; or a folder of a data set (train/ and test/ with "
        "a folder a class, CIFAR-100's pickles, or DomainNet's lists)",
    )  # fmt: skip
    classes: int = Field(12, ge=2, le=2000, description="Classes of the face world's stream", unit="classes")
    train_each: int = Field(16, ge=2, description="Training pictures of each class and session", unit="pictures")
    test_each: int = Field(8, ge=1, description="Test pictures of each class and session", unit="pictures")
    frontal: bool = Field(
        True, description="Face world: calm, near-frontal faces with nothing before them; off is harder"
    )
    first: int = Field(3, ge=1, description="Classes of the first session", unit="classes")
    increment: int = Field(3, ge=1, description="Classes of each later session", unit="classes")
    order: int = Field(0, ge=0, description="Order of the classes: 0 is the stream's own, others are permutations")
    orders: int = Field(1, ge=1, le=20, description="How many orders, from that one on")
    seeds: int = Field(1, ge=1, le=20, description="How many seeds of every training, from seed on")
    tower: str = Field("dinov2-s6", description="Backbone: a bundled one, timm/<model> or clip/<folder or hub id>")
    tuned_blocks: int = Field(2, ge=0, le=64, description="Last blocks that are tuned; 0 is all", unit="blocks")
    pet: str = Field("adapter", pattern="^(adapter|ssf|vpt)$", description="Bank: adapter, ssf or vpt")
    pet_width: int = Field(64, ge=1, description="Bottleneck of an adapter", advanced=True)
    crop_px: int = Field(70, ge=14, le=1024, description="Side of the crop", unit="px", advanced=True)
    resize_px: int = Field(0, ge=0, description="Resize before the test crop; 0: to the crop", unit="px", advanced=True)
    smallest_crop: float = Field(
        0.5, gt=0, le=1, description="Smallest share that a training crop shows", advanced=True
    )
    views: int = Field(
        4, ge=0, description="Augmented views kept of each picture; 0 draws anew each time", advanced=True
    )
    normalise: bool = Field(True, description="Normalise pixels as the tower was trained; the released code does not")
    epochs: int = Field(20, ge=1, description="Epochs of the first session", unit="epochs")
    later_epochs: int = Field(15, ge=1, description="Epochs of each later session", unit="epochs")
    cosine_epochs: int = Field(20, ge=1, description="Epochs over which the rate falls to 0", advanced=True)
    batch: int = Field(48, ge=2, description="Samples in a step", unit="samples")
    lr: float = Field(0.01, gt=0, le=1, description="Learning rate of banks and heads (SGD, momentum 0.9)")
    full_lr: float = Field(0.002, gt=0, le=1, description="Learning rate of the tower's own weights", advanced=True)
    head_lr: float = Field(
        0.001, gt=0, le=1, advanced=True,
        description="Learning rate of a linear head on raw features: joint, sequential, ewc, lwf, l2p",
    )  # fmt: skip
    weight_decay: float = Field(5e-4, ge=0, le=1, description="Weight decay", advanced=True)
    lambda_diag: float = Field(0.01, ge=0, description="Slow: weight of the diagonal of the transfer loss")
    lambda_rdn: float = Field(1.0, ge=0, description="Slow: weight of the rest of it")
    corr_norm: str = Field(
        "sample_l2", pattern="^(sample_l2|batch_std)$", advanced=True,
        description="Correlation of unit features (the release) or of standardised ones",
    )  # fmt: skip
    lambda_cos: float = Field(0.5, ge=0, description="Fast: weight of the alignment, summed over the batch")
    lambda_cc: float = Field(1.0, ge=0, description="Fast: weight of cross-classification")
    gamma: float = Field(1.0, ge=0, description="Sharpness of the weights by entropy")
    aggregation: str = Field("entropy", pattern=f"^({'|'.join(AGGREGATIONS)})$", description="How learners are mixed")
    projection: int = Field(
        500, ge=0, le=20000, description="Width of the random projection; 0 is none", unit="columns"
    )
    ridge_low: int = Field(-2, ge=-12, le=12, description="Smallest ridge tried, as a power of ten", advanced=True)
    ridge_high: int = Field(8, ge=-12, le=12, description="Largest ridge tried, as a power of ten", advanced=True)
    gram: str = Field("separate", pattern="^(separate|shared)$", description="Sums of slow and fast; shared: released")
    new_rows: str = Field("class_mean", pattern="^(class_mean|random|zero)$", description="How new rows begin")
    slow_rows: str = Field("class_mean", pattern="^(class_mean|zero)$", description="Slow head's rows of later classes")
    ewc_weight: float = Field(100.0, ge=0, description="EWC: weight of the penalty", advanced=True)
    lwf_weight: float = Field(1.0, ge=0, description="LwF: weight of the old answers", advanced=True)
    l2p_pool: int = Field(10, ge=1, description="L2P: prompts in the pool", advanced=True)
    l2p_length: int = Field(5, ge=1, description="L2P: tokens of a prompt", advanced=True)
    l2p_chosen: int = Field(5, ge=1, description="L2P: prompts chosen for a picture", advanced=True)
    l2p_pull: float = Field(0.5, ge=0, description="L2P: weight that pulls keys to queries", advanced=True)
    ease_other: float = Field(0.1, ge=0, description="EASE: weight of other sessions' subspaces", advanced=True)
    probe_every: int = Field(5, ge=1, description="Steps between two probes inside a session", unit="steps")
    probe_each: int = Field(4, ge=1, description="Test pictures of each class in a probe", unit="pictures")
    precision: str = Field("auto", pattern="^(auto|fp32|bf16|fp16)$", description="auto asks the device", advanced=True)
    device: str = Field("auto", description="auto, cpu, cuda or mps", advanced=True)
    checkpoint_s: float = Field(30.0, ge=0, description="Seconds between checkpoints", unit="s", advanced=True)

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        for text in methods:
            parsed(text)
        if not methods:
            raise ValueError(f"name at least one of {', '.join(METHODS)}")
        if len(set(methods)) != len(methods):
            raise ValueError("a method is named twice")
        return methods

    @model_validator(mode="after")
    def _consistent(self) -> "SafeConfig":
        if self.ridge_low > self.ridge_high:
            raise ValueError("ridge_low is above ridge_high")
        if self.l2p_chosen > self.l2p_pool:
            raise ValueError("l2p_chosen is above l2p_pool")
        return self

    def of(self, text: str) -> tuple[str, "SafeConfig"]:
        """A method and the settings it runs under.

        Raises:
            BadConfig: a setting is unknown or out of bounds.
        """
        method, options = parsed(text)
        return method, self.replace(**options) if options else self

    def entries(self) -> dict[str, tuple[str, "SafeConfig"]]:
        """What is compared, by the text that names it.

        Raises:
            BadConfig: as `of`; or a method changes what all must share.
        """
        for text in self.methods:
            odd = sorted(set(parsed(text)[1]) & SHARED)
            if odd:
                raise BadConfig(f"{text} changes {odd[0]}, which all methods of a run share; make it a run of its own.")
        return {text: self.of(text) for text in self.methods}

    @property
    def grid(self) -> list[float]:
        """The ridges tried."""
        return [10.0**power for power in range(self.ridge_low, self.ridge_high + 1)]


SHARED = frozenset({
    "methods", "data", "classes", "frontal", "train_each", "test_each", "first", "increment", "order", "orders",
    "seeds", "seed", "tower", "tuned_blocks", "crop_px", "resize_px", "smallest_crop", "views", "normalise",
    "probe_each", "device",
})  # fmt: skip


def file_name(entry: str, seed: int, order: int) -> str:
    """A method with its settings, its seed and order, as files and stages are named."""
    return f"{''.join(one if one.isalnum() or one in '._-' else '-' for one in entry)}-{seed}-{order}"


def parsed(text: str) -> tuple[str, dict[str, Any]]:
    """A method and its options.

    Raises:
        ValueError: there is no such method, or an option is no setting.
    """
    method, *pairs = text.split(":")
    options = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if method not in METHODS or len(options) != len(pairs) or not set(options) <= set(SafeConfig.model_fields):
        raise ValueError(f"{text!r} is not a method; write one of {', '.join(METHODS)}, as in safe:gamma=0")
    return method, options


_TINY = {
    "methods": ("safe", "ncm"), "tower": "vit-tiny-random", "tuned_blocks": 1, "crop_px": 28, "classes": 4, "first": 2,
    "increment": 2, "train_each": 4, "test_each": 2, "epochs": 2, "later_epochs": 2, "batch": 4, "projection": 32,
    "views": 2, "probe_every": 2, "probe_each": 1, "pet_width": 4, "precision": "fp32",
}  # fmt: skip
_DEMO = {"probe_every": 2}
_FULL = {
    "methods": METHODS, "frontal": False, "classes": 20, "first": 4, "increment": 4, "train_each": 20, "test_each": 12,
    "orders": 3, "seeds": 3, "projection": 1000, "epochs": 12, "later_epochs": 9, "cosine_epochs": 12, "order": 1993,
    "probe_every": 5,
}  # fmt: skip
_PAPER = {
    "methods": METHODS, "data": "cifar-100-python", "first": 10, "increment": 10, "order": 1993, "seed": 1,
    "tower": "timm/vit_base_patch16_224.augreg_in21k", "tuned_blocks": 0, "crop_px": 224, "resize_px": 224,
    "smallest_crop": 0.05, "views": 0, "normalise": False, "lambda_diag": 5e-10, "lambda_rdn": 5e-9,
    "projection": 10000, "ridge_low": 3, "ridge_high": 8, "full_lr": 0.001, "head_lr": 0.01,
    "ewc_weight": 1000.0,
    "probe_every": 100, "probe_each": 20, "checkpoint_s": 300.0,
}  # fmt: skip

RECIPE = Recipe(
    name="safe",
    title="SAFE: slow and fast learners",
    paper=Paper(
        "SAFE: Slow and Fast Parameter-Efficient Tuning for Continual Learning with Pre-Trained Models",
        "NeurIPS 2024",
        "https://arxiv.org/abs/2411.02175",
    ),
    config=SafeConfig,
    run="engines.continual.safe.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="time",
    says="Classes arrive session by session; a slow and a fast learner share the work. See what is forgotten.",
)
