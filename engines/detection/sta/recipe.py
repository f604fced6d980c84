"""The recipe of clips: which detector is trained, on which forgeries, and how it is measured. Imports no torch.

- `sta`: adapters in a frozen image tower; of options `cross=no` leaves the attention between the streams out,
  `streams=spatial` and `streams=temporal` keep one.
- `average`: the frozen tower and a linear head on the mean of its frames' features, fitted to convergence.
- `full`: the same with every weight of the tower trained.
- `tall`: the frames tiled in one picture, and the tower trained on it whole.
- `r2plus1d`: a small network of convolutions in space and time, from random weights.

For each, `vb=0`, `vb=0.5`, `vb=1`: how many of its forged training clips are video-level blends of real ones (see
`engines.detection.blending`), the others being the data's own forgeries.

Differs from the paper: on the face world films have 112 px and the tower is the bundled half of DINOv2-S; clips are
true neighbours in time (the authors' are spread over the video in training and neighbours in their demonstration:
`stride` says which); heads start from the probe; heads read what the tower pools, which of DINOv2 is the class token
and the mean patch; no dropout before a head that starts from the probe; how the paper mixes blends and forgeries is not
known, half and half is a choice; AdamW on the world and Adam, as published, in `paper`.
"""

from dataclasses import dataclass

from pydantic import field_validator

from engines.errors import BadConfig
from engines.training.config import Field
from engines.training.loop_config import LoopConfig
from engines.training.recipe import Paper, Recipe

KINDS = ("sta", "average", "full", "tall", "r2plus1d")
OPTIONS = ("vb", "cross", "streams", "layers", "tower", "weights", "lr")
STREAMS = {"both": ("spatial", "temporal"), "spatial": ("spatial",), "temporal": ("temporal",)}
WEIGHTS = ("random", "pretrained")


@dataclass(frozen=True)
class Entry:
    """One training of a run.

    Attributes:
        text: as it was named. kind: of `KINDS`. vb: share of blends among the forged clips. cross: whether the streams
        attend to each other. streams: of an adapter. layers: blocks kept, 0 for all. tower: backbone. pretrained:
        whether it has its weights. lr: learning rate.
    """

    text: str
    kind: str
    vb: float
    cross: bool
    streams: tuple[str, ...]
    layers: int
    tower: str
    pretrained: bool
    lr: float


class VideoConfig(LoopConfig):
    """Settings of detectors of forged clips."""

    methods: tuple[str, ...] = Field(
        ("sta", "sta:vb=0", "average", "average:vb=0"),
        description=f"What is trained, the one to keep first: {', '.join(KINDS)}; with options: sta:vb=0:cross=no",
    )
    seeds: int = Field(1, ge=1, le=20, description="Trainings of each method, seeds counted up from seed")
    data: str = Field("world", description="world, a folder with real/ and fake/, or a DeepfakeBench JSON")
    families: tuple[str, ...] = Field(
        ("drift-swap", "smooth-swap"), description="Face-world forgeries trained on; the test set has them all"
    )
    vb: float = Field(0.5, ge=0, le=1, description="Share of the forged training clips that are video-level blends")
    alpha_low: float = Field(0.25, ge=0, le=1, description="Least strength of a blend", advanced=True)
    alpha_high: float = Field(1.0, ge=0, le=1, description="Greatest strength of a blend", advanced=True)
    memory: float = Field(
        0.0, ge=0, lt=1, description="Correlation of a blend's neighbouring frames; 0 is the paper's jitter",
        advanced=True,
    )  # fmt: skip
    clip_frames: int = Field(8, ge=2, le=64, description="Frames of a clip", unit="frames")
    stride: int = Field(1, ge=1, le=64, description="From one frame of a clip to the next", unit="frames")
    views: int = Field(1, ge=1, le=16, description="Clips of a film that a test averages", unit="clips")
    tower: str = Field("dinov2-s6", description="Backbone, as in `mien weights`", advanced=True)
    weights: str = Field(
        "random", pattern=f"^({'|'.join(WEIGHTS)})$",
        description="What timm/ and clip/ backbones start from: random weights, or theirs from this machine or the hub",
    )  # fmt: skip
    layers: int = Field(0, ge=0, le=64, description="Blocks of a transformer that are kept; 0 keeps all", unit="blocks")
    bottleneck: int = Field(96, ge=2, le=4096, description="Channels of an adapter", advanced=True)
    kernels: tuple[int, ...] = Field((3, 5, 7), description="Kernels of a stream's branches", advanced=True)
    heads: int = Field(2, ge=1, le=64, description="Heads of the attention between streams", advanced=True)
    dropout: float = Field(
        0.0, ge=0, lt=1, description="Dropout before the head; 0.5 in the paper, which undoes a head that is the probe",
        advanced=True,
    )  # fmt: skip
    width: int = Field(16, ge=2, le=256, description="R(2+1)D: channels of its first scale", advanced=True)
    thumb_scale: float = Field(1.0, gt=0, le=1, description="TALL: size of a frame in its picture", advanced=True)
    start: str = Field("probe", pattern="^(probe|random)$", description="Head to start from: the probe, or random")
    full_lr: float = Field(3e-5, gt=0, le=1, description="Learning rate of all of a pre-trained tower", advanced=True)
    scratch_lr: float = Field(1e-3, gt=0, le=1, description="Learning rate from random weights", advanced=True)
    crop_px: int = Field(98, ge=28, le=518, description="Side of the crops", unit="px", advanced=True)
    film_frames: int = Field(16, ge=2, le=256, description="Frames of the world's films", unit="frames", advanced=True)
    train_films: int = Field(480, ge=8, description="Training films of the world, half of them real", unit="films")
    test_films: int = Field(360, ge=12, description="Test films of the world, a third of them real", unit="films")
    draws: int = Field(400, ge=20, le=10000, description="Bootstrap draws of each interval", advanced=True)

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if not methods:
            raise ValueError(f"name at least one of {', '.join(KINDS)}")
        for text in methods:
            parsed(text)
        return methods

    @field_validator("kernels")
    @classmethod
    def _odd(cls, kernels: tuple[int, ...]) -> tuple[int, ...]:
        if not kernels or any(k < 1 or k % 2 == 0 for k in kernels):
            raise ValueError("name odd kernels, as 3,5,7")
        return kernels

    def entry(self, text: str) -> Entry:
        """How one of `methods` is trained under these settings.

        Raises:
            BadConfig: a frozen tower would have random weights.
        """
        kind, options = parsed(text)
        tower = options.get("tower", self.tower)
        pretrained = "/" not in tower or options.get("weights", self.weights) == "pretrained"
        if kind in ("sta", "average") and not pretrained:
            raise BadConfig(
                f"{text} freezes {tower}, which would have random weights: set weights to pretrained, or choose a "
                "bundled tower."
            )
        rate = {"sta": self.lr, "average": self.lr, "r2plus1d": self.scratch_lr}.get(
            kind, self.full_lr if pretrained else self.scratch_lr
        )
        return Entry(
            text=text, kind=kind, vb=float(options.get("vb", self.vb)), cross=options.get("cross", "yes") == "yes",
            streams=STREAMS[options.get("streams", "both")], layers=int(options.get("layers", self.layers)),
            tower=tower, pretrained=pretrained, lr=float(options.get("lr", rate)),
        )  # fmt: skip

    def entries(self) -> list[Entry]:
        """Every training of a seed.

        Raises:
            BadConfig: as `entry`; or alpha's range is the wrong way round; or films are shorter than clips.
        """
        if self.alpha_low > self.alpha_high:
            raise BadConfig(
                f"alpha_low = {self.alpha_low} is above alpha_high = {self.alpha_high}; change one of them."
            )
        return [self.entry(text) for text in self.methods]


_ALLOWED = {"cross": ("yes", "no"), "streams": tuple(STREAMS), "weights": WEIGHTS}


def parsed(text: str) -> tuple[str, dict[str, str]]:
    """A method and its options.

    Raises:
        ValueError: there is no such method or option.
    """
    kind, *pairs = text.split(":")
    options = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    odd = [name for name, choices in _ALLOWED.items() if options.get(name, choices[0]) not in choices]
    if kind not in KINDS or len(options) != len(pairs) or not set(options) <= set(OPTIONS) or odd:
        raise ValueError(
            f"{text!r} is not a method; write one of {', '.join(KINDS)}, with options among {', '.join(OPTIONS)} as in "
            "sta:vb=0:cross=no"
        )
    if not _between(options.get("vb", "1"), 0) or not _between(options.get("lr", "1"), 1e-12):
        raise ValueError(f"{text!r}: vb is a share of 0 to 1, and lr above 0 and at most 1")
    if not options.get("layers", "0").isdigit():
        raise ValueError(f"{text!r}: layers is a number of blocks")
    return kind, options


def _between(text: str, low: float) -> bool:
    try:
        return low <= float(text) <= 1
    except ValueError:
        return False


_TINY = {
    "methods": ("sta", "average", "tall", "r2plus1d"), "tower": "vit-tiny-random", "crop_px": 56, "clip_frames": 3,
    "film_frames": 4, "train_films": 8, "test_films": 18, "steps": 4, "batch": 4, "bottleneck": 8, "kernels": (3,),
    "width": 2, "draws": 50, "lr": 1e-2, "precision": "fp32",
}  # fmt: skip
_DEMO = {
    "methods": ("sta", "sta:vb=0", "average", "average:vb=0"), "steps": 20, "batch": 8, "lr": 5e-4,
    "warmup": 5, "layers": 4, "film_frames": 8, "train_films": 96, "test_films": 96, "bottleneck": 64,
}  # fmt: skip
_FULL = {
    "methods": ("sta", "sta:vb=0", "sta:streams=spatial", "sta:streams=temporal", "average", "average:vb=0"),
    "seeds": 3, "steps": 400, "batch": 8, "lr": 5e-4, "warmup": 20, "schedule": "cosine", "layers": 4,
}  # fmt: skip
_PAPER = {
    "methods": (
        "sta", "sta:vb=0", "sta:cross=no", "sta:streams=spatial", "sta:streams=temporal", "average", "full", "tall",
        "r2plus1d",
    ),
    "tower": "clip/openai/clip-vit-large-patch14", "weights": "pretrained", "layers": 14, "bottleneck": 512,
    "data": "", "crop_px": 224, "clip_frames": 8, "stride": 1, "views": 4, "start": "random", "dropout": 0.5,
    "optimiser": "adam", "lr": 2e-4, "full_lr": 2e-4, "scratch_lr": 2e-4, "weight_decay": 5e-4, "batch": 8,
    "steps": 14_000, "width": 64, "thumb_scale": 0.5, "seed": 1024, "draws": 1000,
}  # fmt: skip

RECIPE = Recipe(
    name="video",
    title="Clips: video-level blending and spatiotemporal adapters",
    paper=Paper(
        "Generalizing Deepfake Video Detection with Plug-and-Play: Video-Level Blending and Spatiotemporal Adapter "
        "Tuning",
        "CVPR 2025",
        "https://arxiv.org/abs/2408.17065",
    ),
    config=VideoConfig,
    run="engines.detection.sta.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="detect",
    says="Organs drift from frame to frame in forged clips; adapters in a frozen image model learn to see it, in space "
    "and in time.",
)
