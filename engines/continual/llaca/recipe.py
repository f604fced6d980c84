"""The recipe of LLaCA and its rivals: which tasks, in which order, with which methods. Imports no torch.

A method may carry settings of its own, "llaca:form=coin"; a fixed average names its decay, "ema:0.99".

Differs from the paper: by default the tasks are the face world's, one of each kind that CoIN has, and the model is a
LLaVA with a tiny Llama, first trained on captions of other people of the face world and on repeating words (the
paper's starts from a pre-trained Vicuna and projector). All tasks ask about the same people, while CoIN's have
pictures of their own. Layers are far narrower than LLaVA's, and the released codes' ratio depends on width: how often
it leaves (0, 1), so that a constant takes its place, is always shown. The rate of LoRA, the epochs and the batch of the
small model are choices. `paper` keeps the paper's sizes on a folder of LLaVA-1.5 and one of CoIN's files; its batch is
one for all tasks. The paper starts from the projector of LLaVA's first stage alone, hub folders hold the tuned model.
EProj, PGP and the mean teacher, which the paper compares with, are not here.
"""

from typing import Any

from pydantic import field_validator, model_validator

from engines.training.config import Config, Field
from engines.training.recipe import Paper, Recipe

METHODS = ("llaca", "dema", "ema", "lora", "moelora", "replay", "ewc", "lwf", "multitask")
TASKS = ("choice", "reading", "classes", "comparison", "unanswerable", "grounding", "yesno", "labels")
"""Of the face world, in CoIN's order; `tasks.world` says what they ask."""
DECAY = 0.99


class LlacaConfig(Config):
    """Settings of a run set over one sequence of tasks."""

    methods: tuple[str, ...] = Field(
        ("llaca", "ema:0.99", "lora"),
        description=f"What is compared: {', '.join(METHODS)}; with settings of its own: llaca:form=coin, ema:0.999",
    )
    data: str = Field("world", description="world, or a folder of CoIN's tasks (a folder each, train.json, test.json)")
    images: str = Field("", description="Folder of CoIN's pictures; empty: the data folder", advanced=True)
    tasks: tuple[str, ...] = Field(
        ("reading", "classes", "comparison", "yesno"),
        description=f"In which order: of {', '.join(TASKS)}, or CoIN's folders; empty: all there are",
    )
    train_each: int = Field(160, ge=2, description="Training questions of each task", unit="questions")
    test_each: int = Field(48, ge=1, description="Test questions of each task", unit="questions")
    seeds: int = Field(1, ge=1, le=20, description="How many seeds of every training, from seed on")
    model: str = Field("small", description="small, or a folder or hub name of LLaVA-1.5")
    tower: str = Field("dinov2-s6", description="Small: vision tower, as in other recipes")
    crop_px: int = Field(98, ge=14, le=1024, description="Small: side of the picture", unit="px", advanced=True)
    width: int = Field(96, ge=8, le=4096, description="Small: width of the Llama", advanced=True)
    layers: int = Field(3, ge=1, le=64, description="Small: its layers", unit="layers", advanced=True)
    heads: int = Field(4, ge=1, le=64, description="Small: its attention heads", advanced=True)
    base_steps: int = Field(
        4000, ge=1, description="Small: steps of its first training, on captions", unit="steps", advanced=True
    )
    base_pictures: int = Field(2000, ge=2, description="Small: captioned pictures", unit="pictures", advanced=True)
    base_batch: int = Field(16, ge=2, description="Small: captions in a step", advanced=True)
    base_lr: float = Field(2e-3, gt=0, le=1, description="Small: learning rate of that training", advanced=True)
    base_seed: int = Field(0, ge=0, description="Small: seed of that training", advanced=True)
    rank: int = Field(8, ge=1, le=1024, description="Rank of LoRA")
    alpha: float = Field(16.0, gt=0, description="LoRA: alpha; the factor is alpha / rank", advanced=True)
    dropout: float = Field(0.05, ge=0, lt=1, description="LoRA: dropout", advanced=True)
    experts: int = Field(4, ge=1, le=64, description="MoELoRA: experts that share the rank", advanced=True)
    epochs: int = Field(6, ge=1, description="Epochs of each task", unit="epochs")
    batch: int = Field(16, ge=2, description="Questions in a step", unit="questions")
    lr: float = Field(3e-3, gt=0, le=1, description="Learning rate of LoRA")
    projector_lr: float = Field(3e-4, gt=0, le=1, description="Learning rate of the projector", advanced=True)
    warmup: float = Field(0.03, ge=0, lt=1, description="Share of the steps with a rising rate", advanced=True)
    form: str = Field("paper", pattern="^(paper|coin|next)$", description="Form of the balance weight")
    k: float = Field(0.0, ge=0, description="Its multiplier; 0 is the form's own")
    fallback: float = Field(
        -1.0, ge=-1, le=1, description="Share of new weights out of range; -1 is the form's", advanced=True
    )
    granularity: str = Field("tensor", pattern="^(tensor|layer|global)$", description="One weight for each of these")
    precise: bool = Field(True, description="Keep the average in float32; off rounds it as bfloat16 does")
    threshold: float = Field(0.90, ge=0, le=1, description="Likeness of instructions from which tasks share weights")
    pairwise: bool = Field(False, description="Fit TF-IDF on each pair alone, as released", advanced=True)
    ahead: bool = Field(False, description="Also ask tasks that have not come yet (forward transfer); slower")
    replay_each: int = Field(16, ge=1, description="Replay: questions kept of each task", unit="questions")
    ewc_weight: float = Field(1000.0, ge=0, description="EWC: weight of the penalty", advanced=True)
    lwf_weight: float = Field(1.0, ge=0, description="LwF: weight of the old answers", advanced=True)
    probe_every: int = Field(10, ge=1, description="Steps between two probes", unit="steps")
    probe_each: int = Field(8, ge=1, description="Test questions of each task in a probe", unit="questions")
    precision: str = Field("auto", pattern="^(auto|fp32|bf16|fp16)$", description="auto asks the device", advanced=True)
    device: str = Field("auto", description="auto, cpu, cuda or mps", advanced=True)
    checkpoint_s: float = Field(30.0, ge=0, description="Seconds between checkpoints", unit="s", advanced=True)

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        for text in methods:
            parsed(text)
        if not methods or len(set(methods)) != len(methods):
            raise ValueError(f"name each once, and at least one of {', '.join(METHODS)}")
        return methods

    @model_validator(mode="after")
    def _consistent(self) -> "LlacaConfig":
        unknown = [name for name in self.tasks if name not in TASKS]
        if self.data == "world" and (unknown or len(set(self.tasks)) != len(self.tasks)):
            raise ValueError(f"tasks are some of {', '.join(TASKS)}, each once, not {', '.join(self.tasks)}")
        if self.width % self.heads or self.width // self.heads % 2:
            raise ValueError("width divided by heads must be a whole, even number")
        return self

    def of(self, text: str) -> tuple[str, float, "LlacaConfig"]:
        """A method, the decay of a fixed average, and the settings it runs under."""
        method, decay, options = parsed(text)
        return method, decay, self.replace(**options) if options else self


OWN = frozenset({
    "rank", "alpha", "dropout", "epochs", "lr", "projector_lr", "warmup", "form", "k", "fallback", "granularity",
    "precise", "threshold", "pairwise", "replay_each", "experts", "ewc_weight", "lwf_weight",
})  # fmt: skip
"""Settings that a method may have of its own; all others are shared by the methods of a run."""


def file_name(entry: str, seed: int) -> str:
    """A method with its settings and its seed, as files and stages are named."""
    return f"{''.join(one if one.isalnum() or one in '._-' else '-' for one in entry)}-{seed}"


def parsed(text: str) -> tuple[str, float, dict[str, Any]]:
    """A method, a decay, and its options.

    Raises:
        ValueError: there is no such method, or an option is no setting.
    """
    method, *parts = text.split(":")
    options = dict(part.split("=", 1) for part in parts if "=" in part)
    plain = [part for part in parts if "=" not in part]
    if method not in METHODS or not set(options) <= OWN or len(plain) > (method == "ema"):
        raise ValueError(
            f"{text!r} is not a method; write one of {', '.join(METHODS)}, as in llaca:form=coin, ema:0.99"
        )
    decay = float(plain[0]) if plain else DECAY
    if not 0 <= decay <= 1:
        raise ValueError(f"{text!r}: a decay is 0 to 1")
    return method, decay, options


_TINY = {
    "methods": ("llaca", "lora"), "tower": "vit-tiny-random", "crop_px": 28, "width": 16, "layers": 1, "heads": 2,
    "tasks": ("classes", "comparison", "yesno"), "train_each": 8, "test_each": 4, "base_steps": 4, "base_pictures": 8,
    "base_batch": 4,
    "rank": 2, "epochs": 1, "batch": 4, "probe_every": 1, "probe_each": 2, "precision": "fp32",
}  # fmt: skip
_DEMO: dict[str, Any] = {}
_FULL = {
    "methods": ("llaca", "dema", "ema:0.9", "ema:0.99", "ema:0.999", "lora", "moelora", "multitask"),
    "tasks": TASKS, "train_each": 120, "test_each": 64, "seeds": 3,
}  # fmt: skip
_PAPER = {
    "methods": ("llaca", "dema", "ema:0.99", "lora", "moelora", "replay", "ewc", "lwf", "multitask"),
    "data": "CoIN",
    "tasks": (), "train_each": 1_000_000, "test_each": 1_000_000, "model": "llava-hf/llava-1.5-7b-hf", "rank": 128,
    "alpha": 256.0, "epochs": 1, "batch": 128, "lr": 2e-4, "projector_lr": 2e-5, "probe_every": 200,
    "replay_each": 500, "checkpoint_s": 600.0,
}  # fmt: skip

RECIPE = Recipe(
    name="llaca",
    title="LLaCA: instructions, one task after another",
    paper=Paper(
        "LLaCA: Multimodal Large Language Continual Assistant (Large Continual Instruction Assistant)",
        "ICML 2025",
        "https://arxiv.org/abs/2410.10868",
    ),
    config=LlacaConfig,
    run="engines.continual.llaca.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="time",
    says="A multimodal model is taught one kind of question after another; gradients say how much old weight to keep.",
)
