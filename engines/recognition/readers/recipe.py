"""The recipe of the readers: its settings and presets. Imports no torch.

Differs from the paper (ArcFace): the networks of every preset but `paper` are a hundredth of the size, trained by AdamW
on the face world; the margin is smaller and let in slowly and the scale is lower, since two thousand people are seen
for eight epochs, not ten thousand for thirty (after two epochs, one seed each: EER 15 % with s = 64 and all of m = 0.5
from the first epoch on, 6 % with s = 24 and m = 0.3); and a second network of the same kind reads pose, age and
landmarks, which the world knows exactly. The readers of the world are taught by the world alone: `teacher` would add
what an embedder of photographs knows, and is off.
`paper` is ArcFace on CASIA-WebFace with ResNet-100, except that the learning rate falls by a cosine, not in steps.
"""

from engines.errors import BadConfig
from engines.training.config import Field
from engines.training.loop_config import LoopConfig
from engines.training.recipe import Paper, Recipe


class ReadersConfig(LoopConfig):
    """Settings of both readers."""

    readers: tuple[str, ...] = Field(("identity", "attributes"), description="Which are trained: identity, attributes")
    network: str = Field("ir-s", description="ir-xs, ir-s, ir-m, ir-18, ir-50 or ir-100")
    loss: str = Field("arcface", pattern="^(arcface|cosface|adaface)$", description="arcface, cosface or adaface")
    margin: float = Field(0.5, ge=0, le=1.5, description="Margin m: 0.5, 0.35 and 0.4 in the three losses' papers")
    scale: float = Field(64.0, gt=0, le=256, description="Scale s of the cosines")
    margin_warmup: int = Field(0, ge=0, description="Steps over which the margin grows to its value", unit="steps")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of sgd", advanced=True)
    attribute_steps: int = Field(200, ge=1, le=1_000_000, description="Optimiser steps of attributes", unit="steps")
    teacher: float = Field(
        0.0, ge=0, description="Weight of agreeing with the bundled embedder of photographs; 0 is none", advanced=True
    )
    data: str = Field("world", description="world, or a folder PERSON/PICTURE of aligned faces (identity alone)")
    people: int = Field(1000, ge=2, description="People trained on", unit="people")
    photos: int = Field(12, ge=2, le=1000, description="Photographs of each", unit="photographs")
    test_people: int = Field(160, ge=4, description="People tested on, held out; half as many validate", unit="people")
    test_photos: int = Field(8, ge=2, le=1000, description="Photographs of each of these", unit="photographs")
    age_gap: float = Field(
        20.0, ge=0, le=60, description="Years over which the photographs of one person are spread", unit="years"
    )
    shift_px: int = Field(4, ge=0, le=16, description="Largest random shift of a picture", unit="px", advanced=True)
    coarse: float = Field(
        0.2, ge=0, le=1, description="Share of pictures made coarser, down to 48 px, as small generators make them",
        advanced=True,
    )  # fmt: skip
    draws: int = Field(200, ge=20, le=10000, description="Bootstrap draws of each interval", advanced=True)


def require_data(config: ReadersConfig) -> None:
    """Say what does not go together before pictures are made.

    Raises:
        BadConfig: an unknown reader, none, or attributes of pictures whose attributes nobody knows.
    """
    unknown = set(config.readers) - {"identity", "attributes"}
    if unknown or not config.readers:
        raise BadConfig(f"readers = {', '.join(config.readers) or 'none'}: name identity, attributes or both.")
    if config.data != "world" and config.readers != ("identity",):
        raise BadConfig(f"Of {config.data or 'a folder'} only who is who is known: set readers=identity.")
    if config.data != "world" and config.teacher:
        raise BadConfig("The teacher needs each face's landmarks, which only the world has: set teacher to 0.")


_WORLD = {"scale": 32.0, "lr": 5e-3, "weight_decay": 5e-4, "schedule": "cosine"}
_TINY = {
    **_WORLD, "network": "ir-xs", "steps": 6, "attribute_steps": 6, "batch": 16, "warmup": 2, "margin_warmup": 3,
    "people": 24, "photos": 4, "test_people": 16, "test_photos": 3, "draws": 50, "precision": "fp32",
}  # fmt: skip
_DEMO = {
    **_WORLD, "steps": 240, "attribute_steps": 120, "batch": 64, "warmup": 10, "margin_warmup": 240,
    "people": 300, "photos": 8, "test_people": 64, "test_photos": 6, "margin": 0.3,
}  # fmt: skip
_FULL = {
    **_WORLD, "steps": 2400, "attribute_steps": 1200, "batch": 64, "warmup": 100, "margin_warmup": 1600,
    "people": 2000, "photos": 10, "margin": 0.35,
}  # fmt: skip
_PAPER = {
    "readers": ("identity",), "network": "ir-100", "data": "", "batch": 512, "steps": 32_000, "optimiser": "sgd",
    "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "schedule": "cosine", "shift_px": 0, "coarse": 0.0,
}  # fmt: skip

RECIPE = Recipe(
    name="readers",
    title="Readers: who, how turned, how old",
    paper=Paper(
        "ArcFace: Additive Angular Margin Loss for Deep Face Recognition",
        "CVPR 2019",
        "https://arxiv.org/abs/1801.07698",
    ),
    config=ReadersConfig,
    run="engines.recognition.readers.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="make",
    says="Small networks learn to tell the world's people apart, and to read pose, age and landmarks.",
)


def command(config: ReadersConfig) -> str:
    """The command that runs these settings again, as changes of the full preset."""
    usual, chosen = (each.model_dump(mode="json") for each in (RECIPE.configure("full"), config))
    changes = {key: value for key, value in chosen.items() if value != usual[key]}
    texts = (",".join(map(str, value)) if isinstance(value, list) else value for value in changes.values())
    said = "".join(f" --set {key}={text}" for key, text in zip(changes, texts, strict=True))
    return f"mien train readers --preset full{said} --wait"
