"""The recipe of the face world's latent diffusion model: its settings and presets. Imports no torch."""

from engines.training.config import Field
from engines.training.loop_config import LoopConfig
from engines.training.recipe import Paper, Recipe


class LatentConfig(LoopConfig):
    """Settings of the autoencoder and the denoiser; `steps`, `batch` and `lr` are the denoiser's."""

    pictures: int = Field(8000, ge=16, description="Real photographs trained on", unit="pictures")
    people: int = Field(800, ge=4, description="People on them", unit="people")
    size_px: int = Field(112, ge=32, le=512, multiple_of=16, description="Side of the pictures", unit="px")
    folder: str = Field("", description="A folder of photographs instead of the face world; aligned faces, any size")
    vae_steps: int = Field(2000, ge=1, description="Steps of the autoencoder", unit="steps")
    vae_batch: int = Field(16, ge=1, le=1024, description="Pictures in a step of the autoencoder", unit="pictures")
    vae_lr: float = Field(1e-3, gt=0, le=1, description="Learning rate of the autoencoder")
    vae_widths: tuple[int, ...] = Field((24, 48, 64), description="Channels at each level; each but the last halves")
    perceptual: float = Field(0.2, ge=0, description="Weight of the distance between the bundled tower's patch tokens")
    kl: float = Field(1e-6, ge=0, description="Weight of the latents' distance from a normal distribution")
    widths: tuple[int, ...] = Field((48, 96, 144), description="Channels of the denoiser at each level")
    layers: int = Field(1, ge=1, le=4, description="Residual blocks of a level", advanced=True)
    context: int = Field(128, ge=8, description="Length of a token of conditions; without any it is zero")
    levels: int = Field(1000, ge=10, le=1000, description="Noise levels (T)", advanced=True)
    samples: int = Field(16, ge=1, le=256, description="Faces drawn when training ends", unit="pictures")
    sample_steps: int = Field(50, ge=2, le=1000, description="DDIM steps of each", unit="steps")


_TINY = {
    "pictures": 32, "people": 4, "size_px": 32, "vae_steps": 6, "vae_batch": 4, "vae_widths": (8, 8, 16),
    "widths": (16, 32), "context": 16, "steps": 6, "batch": 4, "samples": 4, "sample_steps": 4, "perceptual": 0.0,
    "precision": "fp32",
}  # fmt: skip
_DEMO = {"pictures": 1500, "people": 150, "size_px": 64, "vae_steps": 250, "steps": 250, "lr": 1e-3}
# a quarter of an hour on two cores with bfloat16: 0.35 s a step of the autoencoder, 0.22 s a step of the denoiser
_FULL = {
    "vae_steps": 1000, "vae_batch": 8, "steps": 2000, "batch": 16, "lr": 3e-4, "ema": 0.995, "warmup": 100,
    "schedule": "cosine",
}  # fmt: skip
_PAPER = {
    "folder": "ffhq", "pictures": 70_000, "size_px": 256, "vae_widths": (128, 256, 512), "widths": (224, 448, 672),
    "layers": 2, "context": 768, "vae_steps": 200_000, "vae_lr": 4.5e-6, "vae_batch": 32, "steps": 635_000,
    "batch": 42, "lr": 8.4e-5, "ema": 0.9999,
}  # fmt: skip

RECIPE = Recipe(
    name="latent",
    title="Latent diffusion: faces from noise",
    paper=Paper(
        "High-Resolution Image Synthesis with Latent Diffusion Models", "CVPR 2022", "https://arxiv.org/abs/2112.10752"
    ),
    config=LatentConfig,
    run="engines.synthesis.latent.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="make",
    says="An autoencoder makes pictures small; a denoiser learns to remove noise from what it makes.",
)
