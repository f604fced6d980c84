"""The recipe of TAS and its rivals: pairs of networks, methods, and every switch. Imports no torch.

Differs from the paper: by default pictures are the face world's (whose photograph is it, a closed set of people), and
networks are timm's architectures made small, for 56 px and maps of 7 x 7; AdamW for all students, light views, no label
smoothing. The best epoch is chosen on validation pictures held out of training, where the OFA protocol chooses it on
the test set; the last epoch is reported beside it. `protocol` cifar or imagenet sets what that protocol has for the
student's family (batch for one device); warm-up rises from nothing, not from 5e-7. A teacher is trained here from
random weights unless `teachers` names its file: the paper's were trained on ImageNet first. Of dinov2-s6 the head
alone is.
"""

from typing import Any

from pydantic import field_validator

from engines.errors import BadConfig
from engines.training.config import Field
from engines.training.loop_config import LoopConfig
from engines.training.recipe import Paper, Recipe

VARIANTS: dict[str, dict[str, Any]] = {
    "tas": {},
    "no-attention-no-tail": {"attention": False, "tail": False},
    "no-tail": {"tail": False},
    "no-teacher-assistant": {"teacher_assistant": 0.0},
    "no-assistant-student": {"assistant_student": 0.0},
    "no-teacher-student": {"teacher_student": 0.0},
    "no-infonce": {"infonce": 0.0},
    "no-ofa": {"ofa": 0.0},
}
"""TAS and its ablations A to G: what each changes."""
RIVALS = ("scratch", "kd", "fitnet", "crd", "dkd", "dist", "ofa")
METHODS = (*VARIANTS, *RIVALS)

_CNN = {"optimiser": "sgd", "schedule": "cosine", "smoothing": 0.1, "views": "crop"}
_TOKENS = {
    "optimiser": "adamw", "lr": 5e-4, "schedule": "cosine", "weight_decay": 0.05, "clip": 5.0, "smoothing": 0.1,
    "views": "strong", "batch": 128, "epochs": 300, "warmup_epochs": 20,
}  # fmt: skip
PROTOCOLS: dict[str, dict[str, dict[str, Any]]] = {
    "own": {"cnn": {}, "tokens": {}},
    "cifar": {
        "cnn": {**_CNN, "lr": 0.05, "floor": 0.02, "weight_decay": 2e-3, "batch": 128, "epochs": 300,
                "warmup_epochs": 3},
        "tokens": {**_TOKENS, "floor": 0.02},
    },
    "imagenet": {
        "cnn": {**_CNN, "lr": 0.1, "schedule": "steps", "drops": (0.3, 0.6, 0.9), "weight_decay": 1e-4, "batch": 64,
                "epochs": 100, "warmup_epochs": 3},
        "tokens": {**_TOKENS, "floor": 0.002, "ema": 0.99996},
    },
}  # fmt: skip
"""Protocol -> family of the student -> settings."""


class TasConfig(LoopConfig):
    """Settings of the distillations compared."""

    pairs: tuple[str, ...] = Field(
        ("resnet-s>vit-xs",), description="Teacher>student: small networks by name, dinov2-s6, or timm/<model>"
    )
    methods: tuple[str, ...] = Field(("tas", "scratch", "kd"), description=f"What is trained: {', '.join(METHODS)}")
    seeds: int = Field(1, ge=1, le=20, description="Trainings of each method, seeds counted up from seed")
    data: str = Field("world", description="world, or a folder: CIFAR-100's, or train/ and val/ with a folder a class")
    people: int = Field(24, ge=2, le=1000, description="Face world: people, each a class")
    photos: int = Field(30, ge=2, le=1000, description="Face world: training photographs of each", unit="pictures")
    val_photos: int = Field(6, ge=1, le=100, description="Face world: validation photographs of each", advanced=True)
    test_photos: int = Field(16, ge=1, le=200, description="Face world: test photographs of each", unit="pictures")
    val_share: float = Field(0.1, gt=0, lt=1, description="Folders: share of each class that is held out to choose by")
    views: str = Field("light", pattern="^(light|crop|strong)$", description="How training pictures are varied")
    protocol: str = Field(
        "own", pattern=f"^({'|'.join(PROTOCOLS)})$", description="own settings, or the OFA protocol's for the data"
    )
    epochs: int = Field(0, ge=0, le=10_000, description="Epochs, in place of steps; 0 counts steps", unit="epochs")
    warmup_epochs: int = Field(0, ge=0, description="Epochs of warm-up where epochs count", advanced=True)
    evaluate_every: int = Field(25, ge=1, description="Steps between looks at the validation pictures", unit="steps")
    teacher_steps: int = Field(300, ge=1, le=1_000_000, description="Steps of a teacher's training", unit="steps")
    teacher_lr: float = Field(1e-3, gt=0, le=1, description="Learning rate of a teacher", advanced=True)
    teachers: tuple[str, ...] = Field(
        (), description="Teachers that are trained already, as name=file.safetensors with timm's keys", advanced=True
    )
    smoothing: float = Field(0.0, ge=0, lt=1, description="Label smoothing of the cross-entropy", advanced=True)
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of sgd", advanced=True)
    kd_weight: float = Field(1.0, ge=0, description="Weight of a rival's logit loss", advanced=True)
    kd_temperature: float = Field(1.0, gt=0, le=100, description="Its temperature (kd, dkd, dist)", advanced=True)
    feature_weight: float = Field(1.0, ge=0, description="Weight of a rival's feature loss", advanced=True)
    crd_negatives: int = Field(16384, ge=1, description="Negatives of crd", advanced=True)
    teacher_student: float = Field(1.0, ge=0, description="TAS: weight of teacher to student")
    teacher_assistant: float = Field(1.0, ge=0, description="TAS: weight of teacher to assistant; 0 shows the collapse")
    assistant_student: float = Field(1.0, ge=0, description="TAS: weight of assistant to student")
    infonce: float = Field(1.0, ge=0, description="TAS: weight of InfoNCE in each pair")
    ofa: float = Field(1.0, ge=0, description="TAS: weight of the OFA loss in each pair")
    gamma: float = Field(1.0, ge=1, le=3, description="Exponent γ of the OFA loss, in TAS and in ofa")
    ofa_form: str = Field(
        "code", pattern="^(code|paper)$", description="OFA loss: all classes raised (code) or the target alone (paper)"
    )
    attention: bool = Field(True, description="TAS: Swin block in the bridge", advanced=True)
    tail: bool = Field(True, description="TAS: last stage in the assistant", advanced=True)
    detach: bool = Field(True, description="TAS: the assistant is not drawn towards the student", advanced=True)
    pooled: str = Field(
        "head", pattern="^(head|mean)$", description="TAS: feature of the classifier, or mean of the map", advanced=True
    )
    projection: str = Field(
        "guide", pattern="^(guide|both)$", advanced=True,
        description="TAS: unlike widths meet in the guide's (guide) or in 128 dimensions (both)",
    )  # fmt: skip
    tau: float = Field(0.07, gt=0.01, le=10, description="TAS: temperature to start from", advanced=True)
    symmetric: bool = Field(False, description="TAS: InfoNCE in both directions", advanced=True)
    gather: bool = Field(False, description="TAS: negatives from all devices", advanced=True)
    assistant_ce: float = Field(0.0, ge=0, description="TAS: weight of the assistant's cross-entropy", advanced=True)
    draws: int = Field(1000, ge=20, le=100_000, description="Bootstrap draws of each interval", advanced=True)

    @field_validator("pairs")
    @classmethod
    def _two(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        for pair in pairs:
            if len([part for part in pair.split(">") if part]) != 2:
                raise ValueError(f"{pair!r} is not teacher>student, as in resnet-s>vit-xs")
        if not pairs:
            raise ValueError("name at least one pair, as in resnet-s>vit-xs")
        return pairs

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in methods if name not in METHODS]
        if unknown or not methods:
            raise ValueError(f"name at least one of {', '.join(METHODS)}")
        return methods

    @field_validator("teachers")
    @classmethod
    def _files(cls, teachers: tuple[str, ...]) -> tuple[str, ...]:
        for text in teachers:
            if "=" not in text:
                raise ValueError(f"{text!r} is not name=file.safetensors")
        return teachers

    def variant(self, name: str) -> "TasConfig":
        """The settings of one method."""
        return self.replace(**VARIANTS.get(name, {}))

    def of_student(self, kind: str, pictures: int) -> "TasConfig":
        """The settings under the protocol for a student of kind "cnn", "attention" or "mlp", in steps."""
        config = self.replace(**{
            key: value
            for key, value in PROTOCOLS[self.protocol]["cnn" if kind == "cnn" else "tokens"].items()
            if key not in _FREE or getattr(self, key) == TasConfig.model_fields[key].default
        })  # fmt: skip
        if not config.epochs:
            return config
        epoch = max(1, pictures // config.batch)
        return config.replace(steps=config.epochs * epoch, warmup=config.warmup_epochs * epoch, evaluate_every=epoch)


_FREE = {"epochs", "batch", "warmup_epochs"}
"""What may be set beside a protocol; the others are its own."""
TEACHERS = ("resnet-s", "convnext-s", "vit-s", "mixer-s", "dinov2-s6")
STUDENTS = ("vit-xs", "resnet-xs", "resmlp-xs", "swin-xs")
"""Small networks that a page offers; each teacher fits each student."""


def require_data(config: TasConfig) -> None:
    """Say what is missing before pictures are made.

    Raises:
        BadConfig: no folder was named.
    """
    if not config.data:
        raise BadConfig("Set data to the folder of CIFAR-100 or of an ImageFolder, or to world.")


FOUR = ("resnet-s>vit-xs", "vit-s>resnet-xs", "mixer-s>resnet-xs", "resnet-s>resmlp-xs")
"""CNN to attention, attention to CNN, MLP to CNN, CNN to MLP."""
_TINY = {
    "methods": ("tas", "scratch"), "people": 4, "photos": 6, "val_photos": 2, "test_photos": 3, "steps": 4,
    "teacher_steps": 4, "evaluate_every": 2, "batch": 8, "draws": 50, "crd_negatives": 32, "precision": "fp32",
}  # fmt: skip
_DEMO = {
    "methods": ("tas", "scratch", "kd", "no-teacher-assistant"), "people": 16, "photos": 30, "steps": 120,
    "teacher_steps": 200, "evaluate_every": 20, "batch": 32, "schedule": "cosine", "lr": 2e-3, "crd_negatives": 256,
    "precision": "fp32",
}  # fmt: skip
_FULL = {
    **_DEMO, "pairs": FOUR, "methods": ("tas", *RIVALS, "no-teacher-assistant"), "seeds": 3, "people": 24,
    "steps": 200, "teacher_steps": 500, "evaluate_every": 40,
}  # fmt: skip
_PAPER = {
    "pairs": (
        "timm/swin_tiny_patch4_window7_224>timm/resnet18", "timm/vit_small_patch16_224>timm/resnet18",
        "timm/mixer_b16_224>timm/resnet18", "timm/swin_tiny_patch4_window7_224>timm/mobilenetv2_100",
        "timm/vit_small_patch16_224>timm/mobilenetv2_100", "timm/mixer_b16_224>timm/mobilenetv2_100",
        "timm/convnext_tiny>timm/deit_tiny_patch16_224", "timm/mixer_b16_224>timm/deit_tiny_patch16_224",
        "timm/convnext_tiny>swin-p", "timm/mixer_b16_224>swin-p", "timm/convnext_tiny>timm/resmlp_12_224",
        "timm/swin_tiny_patch4_window7_224>timm/resmlp_12_224",
    ),
    "methods": ("tas", *RIVALS), "data": "", "protocol": "cifar", "seed": 42, "teacher_steps": 20_000,
    "teacher_lr": 1e-4, "seeds": 1,
}  # fmt: skip

RECIPE = Recipe(
    name="tas",
    title="TAS: a hybrid assistant between two kinds of network",
    paper=Paper(
        "TAS: Distilling Arbitrary Teacher and Student via a Hybrid Assistant",
        "ICCV 2025, as Fuse Before Transfer",
        "https://arxiv.org/abs/2410.12342",
    ),
    config=TasConfig,
    run="engines.distillation.tas.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="time",
    says="The front of one network and the tail of the other stand between teacher and student, beside seven rivals.",
)
