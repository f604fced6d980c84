"""The recipe of the rivals: which detector is trained on which tower, from which weights. Imports no torch.

- `efficientnet`, `xception`, `resnet`: a convolutional network, all of its weights trained (DeepfakeBench's
  EfficientNet-B4 and Xception; ResNet-50, as CNNDetection and GenImage have it).
- `univfd`: a frozen tower and a linear head trained on it (UniversalFakeDetect, arXiv 2302.10174).
- `sbi`: sees no forgery, only real pictures and self-blended copies of them (`blends`).
- `iid`: contrasts the identity in the features with a recogniser's (`identity`).
- `caddm`: also says where a picture is forged, at several sizes (`localise`).

`efficientnet:families=swap` trains on one family alone, `families=swap+xray` on two: several of them, tested on all,
are a cross-manipulation matrix. Their heads start random, since the probe has seen every family; validation pictures,
which only calibrate, are of them all.

Differs from the papers: one crop for all methods of a run, so that they are tested on the same pixels (in `paper` 224
px, where SBI trains at 380 and DeepfakeBench at 256); AdamW or Adam at a constant rate for all (SBI's paper has SAM
over SGD with a linear decay, CADDM's steps down; `sbi_sam` gives SBI its SAM, over the optimiser of all), and the same
augmentations. By default pictures are the face world's, transformer methods tune the bundled half of DINOv2-S by LoRA,
and the convolutional networks are small ones that start from random weights, since their pre-trained weights do not
ship: what they reach is a floor, not what the papers' networks reach. `weights=pretrained` starts them from the weights
on this machine, as `paper` does. Learning rates and the weights of the added losses on the face world are choices.
"""

from dataclasses import dataclass

from pydantic import field_validator

from engines.detection.config import TINY, DetectionConfig
from engines.errors import BadConfig
from engines.training.config import Field
from engines.training.recipe import Paper, Recipe

CONVOLUTIONAL = ("efficientnet", "xception", "resnet")
RIVALS = (*CONVOLUTIONAL, "univfd", "sbi", "iid", "caddm")
OPTIONS = ("tower", "weights", "tuned", "lr", "families")
WEIGHTS = ("random", "pretrained")
TUNED = ("lora", "effort", "full")
PLAIN = (*CONVOLUTIONAL, "univfd")
"""Methods that learn from whatever pictures they are given, and so from those of some families alone."""
BLANK = ("univfd", "sbi")
"""Heads that never start from the probe: UnivFD trains its own, and the probe has seen forgeries, which SBI has not."""


@dataclass(frozen=True)
class Entry:
    """One training of a run.

    Attributes:
        text: as it was named. method: of `RIVALS`. tower: what it runs over. pretrained: whether the tower has its
        weights. tuned: how it is trained, see `detection.methods`. lr: learning rate. families: those it is trained on,
        where they are not all of the run's.
    """

    text: str
    method: str
    tower: str
    pretrained: bool
    tuned: str
    lr: float
    families: tuple[str, ...] = ()


class RivalsConfig(DetectionConfig):
    """Settings of the rivals and of what three of them add."""

    methods: tuple[str, ...] = Field(
        ("sbi", "iid", "caddm", "univfd", "efficientnet"),
        description=f"What is trained, the one to keep first: {', '.join(RIVALS)}; with options: "
        "sbi:tower=timm/resnet18:tuned=full",
    )
    towers: tuple[str, ...] = Field(
        ("efficientnet=timm/efficientnet_lite0", "xception=timm/legacy_xception", "resnet=timm/resnet18"),
        description="Backbones of single methods, as method=backbone; the others run over tower",
        advanced=True,
    )
    weights: str = Field(
        "random", pattern=f"^({'|'.join(WEIGHTS)})$",
        description="What timm/ and clip/ backbones start from: random weights, or theirs from this machine or the hub",
    )  # fmt: skip
    tuned: str = Field("lora", pattern=f"^({'|'.join(TUNED)})$", description="How transformer backbones are tuned")
    tuned_rank: int = Field(4, ge=1, le=256, description="Rank of LoRA or Effort", advanced=True)
    full_lr: float = Field(3e-5, gt=0, le=1, description="Learning rate of all of a pre-trained tower", advanced=True)
    scratch_lr: float = Field(1e-3, gt=0, le=1, description="Learning rate from random weights", advanced=True)
    sbi_sam: float = Field(
        0.0, ge=0, le=10, description="Radius of sharpness-aware minimisation, for sbi alone; 0 is none", advanced=True
    )
    head_lr: float = Field(1e-2, gt=0, le=1, description="Learning rate of a head on a frozen tower", advanced=True)
    contrast: float = Field(0.1, ge=0, description="IID: weight of the explicit identity contrast", advanced=True)
    explore: float = Field(0.05, ge=0, description="IID: weight of the implicit identity's margin loss", advanced=True)
    margin: float = Field(0.4, ge=0, le=1.5, description="IID: its angular margin", unit="rad", advanced=True)
    scale: float = Field(64.0, gt=0, description="IID: its scale s", advanced=True)
    person: str = Field(
        "target", pattern="^(target|source)$", advanced=True,
        description="IID: whose identity a forgery hides, target (the paper) or source (DeepfakeBench's code)",
    )  # fmt: skip
    localise: float = Field(0.1, ge=0, description="CADDM: weight of saying where it is forged", advanced=True)
    anchors: tuple[float, ...] = Field(
        (40 / 224, 80 / 224, 120 / 224, 1.0), description="CADDM: sides of its anchors, in sides of the crop",
        advanced=True,
    )  # fmt: skip
    mask_edge: float = Field(0.1, ge=0, lt=1, description="CADDM: mask above which a pixel is forged", advanced=True)

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        for text in methods:
            parsed(text)
        if not methods:
            raise ValueError(f"name at least one of {', '.join(RIVALS)}")
        return methods

    @field_validator("towers")
    @classmethod
    def _of_methods(cls, towers: tuple[str, ...]) -> tuple[str, ...]:
        for pair in towers:
            method, _, tower = pair.partition("=")
            if method not in RIVALS or not tower:
                raise ValueError(f"{pair!r} is not method=backbone, with a method of {', '.join(RIVALS)}")
        return towers

    @field_validator("anchors")
    @classmethod
    def _shares(cls, anchors: tuple[float, ...]) -> tuple[float, ...]:
        if not anchors or not all(0 < side <= 1 for side in anchors):
            raise ValueError("name sides above 0 and at most 1")
        return anchors

    def entry(self, text: str) -> Entry:
        """How one of `methods` is trained under these settings.

        Raises:
            BadConfig: a tower that starts from random weights would stay so in part.
        """
        method, options = parsed(text)
        own = dict(pair.split("=", 1) for pair in self.towers)
        tower = options.get("tower", own.get(method, self.tower))
        pretrained = "/" not in tower or options.get("weights", self.weights) == "pretrained"
        whole = method in CONVOLUTIONAL or not pretrained
        tuned = "probe" if method == "univfd" else options.get("tuned", "full" if whole else self.tuned)
        if not pretrained and tuned != "full":
            raise BadConfig(
                f"{text} would train little of {tower}, which starts from random weights. Set weights to pretrained, "
                f"tuned to full{', or leave out univfd' if method == 'univfd' else ''}, or choose a bundled tower."
            )
        rates = {"probe": self.head_lr, "full": self.full_lr if pretrained else self.scratch_lr}
        families = tuple(filter(None, options.get("families", "").split("+")))
        lr = float(options.get("lr", rates.get(tuned, self.lr)))
        return Entry(text, method, tower, pretrained, tuned, lr, families)

    def entries(self) -> list[Entry]:
        """Every training of a seed.

        Raises:
            BadConfig: as `entry`; or SBI is asked for without the forgeries that it may see.
        """
        entries = [self.entry(text) for text in self.methods]
        if self.data == "world" and "selfblend" not in self.families and any(e.method == "sbi" for e in entries):
            raise BadConfig("sbi trains on self-blends alone: add selfblend to families, or leave sbi out.")
        return entries


def parsed(text: str) -> tuple[str, dict[str, str]]:
    """A method and its options.

    Raises:
        ValueError: there is no such method or option.
    """
    method, *pairs = text.split(":")
    options = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    allowed = {"weights": WEIGHTS, "tuned": TUNED}
    odd = [name for name, choices in allowed.items() if options.get(name, choices[0]) not in choices]
    if method not in RIVALS or len(options) != len(pairs) or not set(options) <= set(OPTIONS) or odd:
        raise ValueError(
            f"{text!r} is not a method; write one of {', '.join(RIVALS)}, with options among {', '.join(OPTIONS)} "
            "as in sbi:tower=timm/resnet18:tuned=full"
        )
    if "families" in options and method not in PLAIN:
        raise ValueError(f"{text!r}: {method} learns from all families; families is an option of {', '.join(PLAIN)}")
    if not _is_rate(options.get("lr", "1")):
        raise ValueError(f"{text!r} has no learning rate above 0 and at most 1")
    return method, options


def _is_rate(text: str) -> bool:
    try:
        return 0 < float(text) <= 1
    except ValueError:
        return False


_TINY = {**TINY, "towers": ("efficientnet=timm/test_efficientnet",)}
_DEMO = {"steps": 30, "batch": 16, "train_pictures": 600, "test_pictures": 420}
_FULL = {"methods": RIVALS, "steps": 160, "seeds": 3}
_PAPER = {
    "methods": RIVALS, "tower": "timm/tf_efficientnet_b4.ns_jft_in1k", "weights": "pretrained", "tuned": "full",
    "towers": (
        "efficientnet=timm/tf_efficientnet_b4.ns_jft_in1k", "xception=timm/legacy_xception",
        "resnet=timm/resnet50.a1_in1k", "univfd=clip/openai/clip-vit-large-patch14",
        "sbi=timm/tf_efficientnet_b4.ap_in1k", "iid=timm/legacy_xception", "caddm=timm/resnet34.a1_in1k",
    ),
    "recipe": "face", "data": "", "crop_px": 224, "start": "random", "optimiser": "adam", "lr": 2e-4, "full_lr": 2e-4,
    "head_lr": 1e-4, "weight_decay": 5e-4, "batch": 32, "frames": 32, "steps": 36_000, "seed": 1024,
    "sbi_sam": 0.05,
}  # fmt: skip

RECIPE = Recipe(
    name="rivals",
    title="Rivals: the detectors that papers compare with",
    paper=Paper(
        "DeepfakeBench: A Comprehensive Benchmark of Deepfake Detection",
        "NeurIPS 2023 Datasets and Benchmarks",
        "https://arxiv.org/abs/2307.01426",
    ),
    config=RivalsConfig,
    run="engines.detection.rivals.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="detect",
    says="EfficientNet, Xception, ResNet, UnivFD, SBI, IID and CADDM, trained on the same pictures, side by side.",
)
