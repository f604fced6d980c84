"""A frozen latent diffusion model: autoencoder, noise predictor and schedule, in diffusers' folder format.

Stable Diffusion 1.5 is one such folder (`vae/`, `unet/`, `scheduler/`, and `text_encoder/` with its `tokenizer/`);
the prompt is always empty, so its embedding is computed once and the text encoder forgotten. A model without text has
no `text_encoder/`. Pictures (B, 3, H, W) are RGB float in [0, 1]; latents (B, C, h, w) have unit variance about.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn

from engines import ASSETS
from engines.backbones.attend import plain
from engines.backbones.cards import Card
from engines.errors import BadWeights, MissingWeights

BUNDLED = ASSETS / "denoiser"
TINY = "tiny-random"
WEIGHTS = {part: f"{part}/diffusion_pytorch_model.safetensors" for part in ("vae", "unet")}
CARDS = "cards.json"


class Denoiser(nn.Module):
    """Frozen; see the module.

    Args:
        vae: diffusers autoencoder. unet: predicts the noise. schedule: DDIM with the training's betas.
        prompt: (1, L, D) what the empty prompt says, or zeros (1, 1, D) for a model without text.
    """

    prompt: Tensor
    vae: Any  # diffusers' modules get their methods from mix-ins that type checkers do not see
    unet: Any

    def __init__(self, vae: AutoencoderKL, unet: UNet2DConditionModel, schedule: DDIMScheduler, prompt: Tensor):
        super().__init__()
        self.vae, self.unet = vae, unet
        self.schedule: Any = schedule
        self.register_buffer("prompt", prompt, persistent=False)
        self.eval().requires_grad_(False)

    @property
    def steps(self) -> int:
        """Number of noise levels."""
        return int(self.schedule.config["num_train_timesteps"])

    @property
    def shrinks(self) -> int:
        """Pixels along the side of a place in the latents."""
        return 2 ** (len(self.vae.config["block_out_channels"]) - 1)

    @property
    def width(self) -> int:
        """Channels after the first convolution."""
        return int(self.unet.config["block_out_channels"][0])

    @torch.no_grad()
    def encode(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A sample of the posterior, scaled: (B, 3, H, W) in [0, 1] -> (B, C, h, w)."""
        posterior = self.vae.encode(images * 2 - 1).latent_dist
        return posterior.sample(generator) * float(self.vae.config["scaling_factor"])

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """(B, C, h, w) -> pictures (B, 3, H, W) in [0, 1]."""
        return (self.vae.decode(latents / float(self.vae.config["scaling_factor"])).sample / 2 + 0.5).clamp(0, 1)

    def noised(self, latents: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """Latents with noise of levels t (B,)."""
        return self.schedule.add_noise(latents, noise, t)

    def forward(self, noisy: Tensor, t: Tensor, **residuals: Any) -> Tensor:
        """The predicted noise, (B, C, h, w); `residuals` as `UNet2DConditionModel` takes ControlNet's."""
        prompt = self.prompt.expand(len(noisy), -1, -1)
        with plain(noisy.device):
            return self.unet(noisy, t, encoder_hidden_states=prompt, return_dict=False, **residuals)[0]

    def train(self, mode: bool = True) -> "Denoiser":
        """Stays in evaluation mode: it is frozen, with its drop-outs and norms."""
        return super().train(False)


def build(name: str) -> Denoiser:
    """A frozen denoiser by name: "world" (bundled), "tiny-random" (for trials of the code), or a folder, see `load`.

    Raises:
        MissingWeights, BadWeights: as `load`; that of the face world is not bundled.
    """
    if name == TINY:
        return _tiny()
    if name == "world" and not BUNDLED.is_dir():
        raise MissingWeights(
            "The denoiser of the face world is not among the bundled weights. Make one with `mien train latent "
            "--preset full --wait`, and set denoiser to the folder artifacts/model of that run."
        )
    return load(_checked(BUNDLED) if name == "world" else name)


def bundled_cards(folder: Path = BUNDLED) -> list[Card]:
    """Cards of the bundled autoencoder and denoiser; none where they are not bundled."""
    path = folder / CARDS
    return [Card(**told) for told in json.loads(path.read_text())] if path.is_file() else []


def _checked(folder: Path) -> Path:
    """The folder, after each file was found to be the one that its card names.

    Raises:
        BadWeights: one is not.
    """
    for card in bundled_cards(folder):
        file = folder / WEIGHTS[card.name.rsplit("/", 1)[1]]
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != card.sha256:
            raise BadWeights(
                f"{file} is not the file that its card names; it was changed or damaged. Install Mien again."
            )
    return folder


def forgetful(model: Denoiser, seed: int = 0) -> Denoiser:
    """The same autoencoder, schedule and architecture, and a noise predictor whose weights are drawn anew."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        unet: Any = UNet2DConditionModel.from_config(model.unet.config)
    return Denoiser(model.vae, unet, model.schedule, model.prompt)


def _tiny() -> Denoiser:
    """Random weights, seconds on a CPU; pictures of S px become latents of S / 4."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        vae: Any = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
            block_out_channels=(8, 8, 8), layers_per_block=1, norm_num_groups=4, latent_channels=4,
        )  # fmt: skip
        unet: Any = UNet2DConditionModel(
            sample_size=8, layers_per_block=1, block_out_channels=(16, 32), norm_num_groups=4,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=24, attention_head_dim=4,
        )  # fmt: skip
    schedule = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False)
    return Denoiser(vae, unet, schedule, torch.zeros(1, 1, 24))


def load(folder: str | Path) -> Denoiser:
    """The model in a folder of diffusers' format, on the CPU, float32.

    Raises:
        MissingWeights: there is no such folder, or a part of it is missing.
        BadWeights: a part cannot be read.
    """
    folder = Path(folder)
    missing = [part for part in ("vae", "unet", "scheduler") if not (folder / part).is_dir()]
    if missing:
        raise MissingWeights(
            f"{folder} holds no {missing[0]}/. Give the folder of a model as diffusers saves it, with vae/, unet/, "
            "scheduler/ (and text_encoder/, tokenizer/), such as Stable Diffusion 1.5."
        )
    try:
        vae: Any = AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=torch.float32)
        unet: Any = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32)
        schedule: Any = DDIMScheduler.from_pretrained(folder / "scheduler")
        prompt = _empty_prompt(folder, int(unet.config["cross_attention_dim"]))
    except (OSError, ValueError, RuntimeError) as error:
        raise BadWeights(f"{folder} cannot be read as a diffusers model: {error}") from error
    return Denoiser(vae, unet, schedule, prompt)


@torch.no_grad()
def _empty_prompt(folder: Path, width: int) -> Tensor:
    if not (folder / "text_encoder").is_dir():
        return torch.zeros(1, 1, width)
    from transformers import CLIPTextModel, CLIPTokenizer

    tokens = CLIPTokenizer.from_pretrained(folder / "tokenizer")(
        "", padding="max_length", truncation=True, return_tensors="pt"
    )
    encoder = CLIPTextModel.from_pretrained(folder / "text_encoder", torch_dtype=torch.float32).eval()
    return encoder(tokens.input_ids)[0]
