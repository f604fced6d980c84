"""The recipe of De-DA and its rivals: settings and presets. Imports no torch.

Differs from the paper, of which no code and no full text is public: strengths, probabilities, the geometry, what is
mixed and with which label, and the details of truncated inversion are choices of ours, and all are settings. In the
face world a class is a person and the mask of the person is known, so that no segmenter is needed; objects stay near
their place (`placed=near`), as test faces do. Where no denoiser is at hand variants are made by a smooth warp and a
change of colour (`editor=jitter`); a run says which editor it had. The learning rate follows a cosine instead of steps.
"""

from pydantic import field_validator, model_validator

from engines.errors import BadConfig
from engines.training.config import Field
from engines.training.loop_config import LoopConfig
from engines.training.recipe import Paper, Recipe

VANILLA, DEDA = "vanilla", "de-da"
MIXERS = ("mixup", "cutmix", "saliencymix", "guidedmixup")
GENERATED = ("real-guidance", "da-fusion", "diff-mix")
RUNGS = ("synthetic", "pairing", "inter-class")
"""Rungs of the ladder between vanilla and the whole of De-DA; each holds the one before it."""
METHODS = (VANILLA, *MIXERS, "randaugment", *GENERATED, DEDA, *RUNGS)
SETTINGS = ("full", "few-shot", "spurious")
EDITORS = ("auto", "jitter", "sdedit", "layerdiffuse")
CIP_MODES = ("own", "same-class", "inter-class", "any")


class DedaConfig(LoopConfig):
    """Settings of the data, the classifier, the bank, and the methods."""

    data: str = Field("world", description="world, or a folder: CUB, Waterbirds, Aircraft, Cars, Caltech-101, classes")
    settings: tuple[str, ...] = Field(SETTINGS, description=f"What is trained on: {', '.join(SETTINGS)}")
    methods: tuple[str, ...] = Field(
        METHODS, description=f"Of {', '.join(METHODS)}; joined by + as in de-da+randaugment; vanilla always comes first"
    )
    seeds: int = Field(1, ge=1, le=20, description="Trainings of each method, from seed on")
    classes: int = Field(8, ge=2, le=1000, description="Face world: people", unit="classes")
    each: int = Field(24, ge=1, le=10_000, description="Face world: training pictures of a class", unit="pictures")
    shots: int = Field(4, ge=1, le=1000, description="Training pictures of a class in few-shot", unit="pictures")
    homes: int = Field(4, ge=2, le=9, description="Face world: kinds of place")
    correlation: float = Field(0.95, ge=0, le=1, description="Share of pictures at home in spurious")
    val_each: int = Field(12, ge=1, description="Face world: validation pictures of a class", unit="pictures")
    test_each: int = Field(60, ge=1, description="Face world: test pictures of a class", unit="pictures")
    val_share: float = Field(0.1, gt=0, lt=0.9, description="Folders: training pictures kept for validation")
    network: str = Field("small", description="small, or a network of timm's, trained from random weights")
    canvas_px: int = Field(72, ge=16, le=1024, description="Side at which pictures are put together", unit="px")
    size_px: int = Field(64, ge=16, le=1024, description="Side of the random crop that is trained on", unit="px")
    epochs: int = Field(8, ge=1, le=1000, description="Times that validation is asked, evenly over the steps")
    momentum: float = Field(0.9, ge=0, lt=1, description="Nesterov momentum, with sgd", advanced=True)
    smoothing: float = Field(0.0, ge=0, lt=1, description="Label smoothing", advanced=True)

    bank: str = Field("", description="Folder of the banks; empty keeps them in the user's cache", advanced=True)
    bank_px: int = Field(112, ge=32, le=1024, multiple_of=16, description="Side of pictures in the bank", unit="px")
    superclass: str = Field("person", description="Word for all classes together, as bird")
    segmenter: str = Field("", description="Folder of a SAM model for photographs without masks", advanced=True)
    editor: str = Field(
        "auto", pattern=f"^({'|'.join(EDITORS)})$",
        description="What makes variants; auto takes sdedit where the denoiser is at hand, else jitter",
    )  # fmt: skip
    denoiser: str = Field("world", description="world, tiny-random, or the folder of a Stable Diffusion or SDXL")
    layers: str = Field("", description="Folder of LayerDiffuse's weights, for editor=layerdiffuse", advanced=True)
    variants: int = Field(2, ge=0, le=50, description="Variants of each object (M)")
    edit: float = Field(0.3, gt=0, lt=1, description="Strength of an object's edit")
    guidance: float = Field(1.5, ge=0, le=30, description="Classifier-free guidance")
    edit_steps: int = Field(25, ge=1, le=1000, description="Solver steps over all noise levels", unit="steps")
    edit_batch: int = Field(8, ge=1, le=256, description="Pictures edited at a time", advanced=True)
    tokens: int = Field(2, ge=1, le=16, description="Learned tokens of a class", advanced=True)
    concept_steps: int = Field(100, ge=0, description="Steps of textual inversion; 0 learns nothing", unit="steps")
    concept_batch: int = Field(8, ge=1, le=256, description="Pictures in a step of textual inversion", advanced=True)
    concept_lr: float = Field(5e-3, gt=0, le=1, description="Learning rate of textual inversion", advanced=True)
    latest: float = Field(0.3, gt=0, le=1, description="Truncation: the latest noise level seen, a share of all")
    rank_limit: int = Field(3, ge=0, description="A variant's class must be among so many guesses; 0 keeps all")
    overlap: float = Field(0.7, ge=0, le=1, description="Least overlap of a variant's alpha with the real one")

    combined: float = Field(0.5, ge=0, le=1, description="Chance that a sample is put together anew")
    synthetic: float = Field(0.5, ge=0, le=1, description="Chance that its object is a variant")
    places: str = Field("inter-class", pattern=f"^({'|'.join(CIP_MODES)})$", description="Whose place is behind it")
    mixed: float = Field(0.25, ge=0, le=1, description="Chance of a second object in the picture")
    flip: float = Field(0.5, ge=0, le=1, description="Chance that an object is mirrored", advanced=True)
    turn_deg: float = Field(15.0, ge=0, le=90, description="Largest turn of an object", unit="degrees", advanced=True)
    placed: str = Field("near", pattern="^(near|free)$", description="near its own place, or anywhere at any size")
    reach: float = Field(0.1, ge=0, le=0.5, description="near: largest change of place and size", advanced=True)
    least: float = Field(0.2, gt=0, le=1, description="free: smallest side of an object, a share of the picture's")
    most: float = Field(0.8, gt=0, le=1, description="free: its largest side")
    visible: float = Field(0.7, ge=0, le=1, description="free: least share of it within the picture", advanced=True)

    mix_alpha: float = Field(1.0, gt=0, le=10, description="Beta(α, α) of mixing methods", advanced=True)
    replaced: float = Field(0.1, ge=0, le=1, description="Diff-Mix, Real-Guidance: chance of a made picture")
    replaced_fusion: float = Field(0.5, ge=0, le=1, description="DA-Fusion: chance of a made picture", advanced=True)
    whole: float = Field(0.5, gt=0, lt=1, description="DA-Fusion, Real-Guidance: strength of a whole picture's edit")
    whole_mix: float = Field(0.7, gt=0, lt=1, description="Diff-Mix: strength", advanced=True)
    soft: float = Field(0.8, gt=0, le=5, description="Diff-Mix: exponent γ of the label", advanced=True)
    made: int = Field(1, ge=1, le=50, description="Pictures that a generating rival makes of each", advanced=True)

    judged: int = Field(64, ge=4, le=5000, description="Pictures of a method that fidelity is measured on")
    draws: int = Field(400, ge=20, le=10_000, description="Bootstrap draws of each interval", advanced=True)

    @field_validator("settings")
    @classmethod
    def _settings(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or set(value) - set(SETTINGS):
            raise ValueError(f"name some of {', '.join(SETTINGS)}")
        return value

    @field_validator("methods")
    @classmethod
    def _methods(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            parts = name.split("+")
            if set(parts) - set(METHODS) or sum(part in MIXERS for part in parts) > 1:
                raise ValueError(f"{name!r} is no method; join some of {', '.join(METHODS)} by +, one mixing at most")
            if sum(part in (*GENERATED, DEDA, *RUNGS) for part in parts) > 1:
                raise ValueError(f"{name!r} has two methods that replace the picture; join only one of them")
        return tuple(dict.fromkeys((VANILLA, *value)))

    @model_validator(mode="after")
    def _sizes(self) -> "DedaConfig":
        if self.size_px > self.canvas_px:
            raise ValueError(f"size_px ({self.size_px}) is larger than canvas_px ({self.canvas_px})")
        if self.least > self.most:
            raise ValueError(f"least ({self.least}) is above most ({self.most})")
        return self


def require_data(config: DedaConfig) -> None:
    """Say what is missing before anything is loaded.

    Raises:
        BadConfig: no data is named, or a setting has no meaning for it.
    """
    if not config.data:
        raise BadConfig("data is empty: give the folder of CUB, Waterbirds, Aircraft, Cars, Caltech-101 or of classes.")
    if config.data != "world" and "spurious" in config.settings:
        raise BadConfig("spurious is a setting of the face world; for Waterbirds take settings=full with its folder.")


_TINY = {
    "settings": ("full",), "methods": (VANILLA, "cutmix", "diff-mix", DEDA), "classes": 3, "each": 4, "shots": 2,
    "homes": 2, "val_each": 2, "test_each": 4, "canvas_px": 36, "size_px": 32, "bank_px": 32, "steps": 6, "epochs": 2,
    "batch": 4, "editor": "sdedit", "denoiser": "tiny-random", "variants": 1, "edit_steps": 6, "concept_steps": 3,
    "concept_batch": 2, "judged": 6, "draws": 50, "rank_limit": 0, "precision": "fp32",
}  # fmt: skip
_DEMO = {
    "settings": ("spurious",), "methods": (VANILLA, "cutmix", DEDA), "editor": "jitter", "variants": 1, "steps": 120,
    "epochs": 4, "lr": 2e-3, "schedule": "cosine", "warmup": 10, "weight_decay": 0.05, "test_each": 40,
}  # fmt: skip
_FULL = {
    "seeds": 3, "steps": 300, "lr": 2e-3, "schedule": "cosine", "warmup": 30, "weight_decay": 0.05,
}  # fmt: skip
_PAPER = {
    "data": "", "settings": ("full", "few-shot"), "shots": 10, "network": "timm/resnet18", "canvas_px": 256,
    "size_px": 224, "batch": 16, "lr": 0.01, "optimiser": "sgd", "weight_decay": 5e-4, "schedule": "cosine",
    "steps": 112_500, "epochs": 300, "seeds": 3, "bank_px": 512, "superclass": "bird", "editor": "sdedit",
    "denoiser": "stable-diffusion-v1-5", "variants": 5, "guidance": 7.5, "concept_steps": 1000, "concept_batch": 4,
    "concept_lr": 5e-4, "tokens": 4, "placed": "free", "made": 5, "rank_limit": 5, "judged": 1000,
}  # fmt: skip

RECIPE = Recipe(
    name="deda",
    title="De-DA: objects before other places",
    paper=Paper("Decoupled Data Augmentation for Improving Image Classification", "arXiv 2024",
                "https://arxiv.org/abs/2411.02592"),
    config=DedaConfig,
    run="engines.augmentation.deda.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="make",
    says="Pictures are taken apart into object and place and put together anew; rivals mix or generate whole pictures.",
)  # fmt: skip
