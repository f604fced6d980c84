"""The recipe of ID³ and of what it is compared with: settings and presets. Imports no torch.

- `id3`: denoiser of embedding and attributes, identity term in the loss, guided sampling.
- `unguided`: the same denoiser, sampled without guidance.
- `dcface`: conditioned on another picture of the person, its identity term interpolated over time towards the picture
  itself (Kim et al., CVPR 2023), without guidance.
- `idiff`: the embedding as the only context, a quarter of it dropped in training, no identity term, contexts drawn
  evenly from the sphere (Boutros et al., ICCV 2023).
- `render`: no network; new people rendered by the face world, as DigiFace-1M renders its own (Bae et al., WACV 2023).

Differs from the papers: the released text of ID³ leaves open the size of pictures, the noise schedule, where conditions
enter, the lower bound around an anchor and how far guidance is scaled; these are settings. DCFace's patch-wise style
statistics are replaced by the attributes, so that all methods are asked for the same pictures.
"""

from pydantic import field_validator

from engines.training.config import Field
from engines.training.loop_config import LoopConfig
from engines.training.recipe import Paper, Recipe

METHODS = ("id3", "unguided", "dcface", "idiff", "render")
TRAINED = {"id3": "id3", "unguided": "id3", "dcface": "dcface", "idiff": "idiff"}
"""Method -> the training that its denoiser comes from."""
SAMPLERS = ("dpm++", "ddim", "ddpm")
ANCHORS = ("spread", "tammes", "random", "people")
WEIGHTS = ("falling", "rising", "constant", "none")
INJECT = ("both", "cross", "adagn")


def one_of(names: tuple[str, ...]) -> str:
    """A pattern that these words alone fit."""
    return f"^({'|'.join(name.replace('+', '[+]') for name in names)})$"


class Id3Config(LoopConfig):
    """Settings of the data, the denoiser, its loss, sampling and the set that is judged."""

    methods: tuple[str, ...] = Field(("id3", "unguided"), description=f"What is compared: {', '.join(METHODS)}")
    seeds: int = Field(1, ge=1, le=20, description="Trainings of each method", unit="trainings")
    pictures: int = Field(8000, ge=16, description="Photographs trained on", unit="pictures")
    people: int = Field(800, ge=4, description="People on them", unit="people")
    age_gap: float = Field(
        40.0, ge=0, le=60, unit="years",
        description="Years that the world's photographs of one person span: without, the identity tells the age",
    )  # fmt: skip
    size_px: int = Field(64, ge=32, le=512, multiple_of=16, description="Side of the pictures made", unit="px")
    folder: str = Field("", description="Aligned faces as FOLDER/person/picture instead of the face world")
    readers: str = Field("world", description="Who says identity, pose and age: the bundled readers, or a folder")
    judge: str = Field(
        "photographs", pattern="^(photographs|guide)$",
        description="Who judges identities: the bundled embedder of photographs, or the reader that guides",
    )  # fmt: skip
    features: str = Field("dinov2-s6", description="Tower whose features FID, KID and recall are of", advanced=True)
    autoencoder: str = Field("own", description='"own" is trained first, "world" is bundled; or a folder of diffusers')
    vae_steps: int = Field(400, ge=1, description="Steps of an own autoencoder", unit="steps")
    vae_batch: int = Field(16, ge=1, le=1024, description="Pictures in a step of it", unit="pictures", advanced=True)
    vae_lr: float = Field(1e-3, gt=0, le=1, description="Its learning rate", advanced=True)
    vae_widths: tuple[int, ...] = Field((24, 48, 64), description="Its channels at each level", advanced=True)
    perceptual: float = Field(0.2, ge=0, description="Its weight of the tower's perceptual distance", advanced=True)
    widths: tuple[int, ...] = Field((40, 56, 80), description="Channels of the denoiser at each level")
    layers: int = Field(1, ge=1, le=4, description="Residual blocks of a level", advanced=True)
    context: int = Field(128, ge=8, description="Length of a token of conditions; 768 in the paper")
    hidden: tuple[int, ...] = Field((512, 256), description="Layers of the attributes' perceptron", advanced=True)
    inject: str = Field("both", pattern=one_of(INJECT), description="Conditions by cross-attention, AdaGN or both")
    levels: int = Field(1000, ge=10, le=1000, description="Noise levels (T)", advanced=True)
    weight: str = Field(
        "falling", pattern=one_of(WEIGHTS),
        description="Weight of the identity term over time: falling from 0.25 to 0.134 is the paper's",
    )  # fmt: skip
    identity: float = Field(1.0, ge=0, description="Factor on the identity term; 1 is the paper's")
    identity_share: float = Field(
        1.0, gt=0, le=1, description="Share of a batch whose estimates the reader sees; 1 is the paper's", advanced=True
    )
    sampler: str = Field("dpm++", pattern=one_of(SAMPLERS), description="How the field is followed")
    sample_steps: int = Field(20, ge=2, le=1000, description="Steps of sampling", unit="steps")
    guidance: float = Field(
        40.0, ge=0, description="Factor on the pull towards the identity; 1 is the paper's formula for mean gradients"
    )
    guide: str = Field("full", pattern="^(full|stop)$", description="Gradient through the denoiser, or around it")
    guide_every: int = Field(1, ge=1, description="Guide every k-th step", unit="steps", advanced=True)
    guide_from: float = Field(0.0, ge=0, le=1, description="Lowest t / T that is guided", advanced=True)
    guide_to: float = Field(1.0, ge=0, le=1, description="Highest t / T that is guided", advanced=True)
    anchors: str = Field(
        "people", pattern=one_of(ANCHORS),
        description="Identities: pushed apart within what embeddings fill, or over the whole sphere (tammes, the "
        "paper's), random, or the embeddings of people never trained on",
    )  # fmt: skip
    identities: int = Field(24, ge=2, description="Identities of the set that is judged", unit="people")
    images: int = Field(6, ge=2, description="Pictures of each", unit="pictures")
    closest: float = Field(0.7, ge=-1, le=1, description="Least cosine of a picture's embedding to its anchor (lb)")
    farthest: float = Field(1.0, ge=-1, le=1, description="Largest cosine to it (ub)", advanced=True)
    attributes: str = Field(
        "empirical", pattern="^(empirical|stratified)$", description="Attributes as in the training set, or even"
    )

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in methods if name not in METHODS]
        if unknown or not methods or len(set(methods)) != len(methods):
            raise ValueError(f"name some of {', '.join(METHODS)}, each once")
        return methods

    @property
    def trainings(self) -> list[str]:
        """Which denoisers the methods need, each once."""
        return list(dict.fromkeys(TRAINED[name] for name in self.methods if name in TRAINED))


_TINY = {
    "pictures": 40, "people": 8, "size_px": 32, "vae_steps": 6, "vae_batch": 4, "vae_widths": (8, 8, 16),
    "perceptual": 0.0, "widths": (16, 32), "context": 16, "hidden": (32, 16), "steps": 6, "batch": 4, "sample_steps": 3,
    "identities": 3, "images": 2, "precision": "fp32", "judge": "guide", "methods": ("id3", "unguided", "render"),
    "anchors": "tammes", "ema": 0.5, "features": "vit-tiny-random",
}  # fmt: skip
_DEMO = {
    "pictures": 800, "people": 100, "vae_steps": 150, "steps": 150, "batch": 16, "widths": (32, 64),
    "identity_share": 0.5, "identities": 12, "images": 4, "sample_steps": 12, "ema": 0.95,
}  # fmt: skip
_FULL = {
    "methods": ("id3", "unguided", "render"), "seeds": 3, "vae_steps": 1200, "pictures": 6000, "people": 2000,
    "steps": 6000, "batch": 32, "lr": 1e-3, "ema": 0.999, "warmup": 200, "schedule": "cosine",
    "identity": 0.05, "identity_share": 0.125, "clip": 1.0, "identities": 32,
}  # fmt: skip
_PAPER = {
    "methods": ("id3", "unguided", "dcface", "idiff"), "folder": "ffhq", "readers": "readers-ir-100",
    "pictures": 70_000, "people": 70_000, "size_px": 128, "vae_widths": (128, 256, 512), "vae_steps": 200_000,
    "vae_lr": 4.5e-6, "widths": (224, 448, 672), "layers": 2, "context": 768, "steps": 500_000, "batch": 128,
    "lr": 1e-4, "ema": 0.9999, "sampler": "ddpm", "sample_steps": 1000, "guidance": 1.0, "anchors": "tammes",
    "identities": 10_000, "images": 50,
}  # fmt: skip

RECIPE = Recipe(
    name="id3",
    title="ID³: identities that do not exist",
    paper=Paper(
        "ID³: Identity-Preserving-yet-Diversified Diffusion Models for Synthetic Face Recognition",
        "NeurIPS 2024",
        "https://arxiv.org/abs/2409.17576",
    ),
    config=Id3Config,
    run="engines.synthesis.id3.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="make",
    says="Spreads identities on a sphere and draws each as the same person in other poses and at other ages.",
)
