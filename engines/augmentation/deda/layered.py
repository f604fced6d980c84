"""Editing an object with its transparency: SDXL with LayerDiffuse (Zhang and Agrawala, SIGGRAPH 2024).

The picture over grey is encoded; a small network adds, in units of the latents' deviation, what the alpha needs; SDXL
with the transparent-attention LoRA denoises; and a U-Net reads colour and alpha out of picture and latents, the median
of eight turned and mirrored readings. Words are told as text: no word is learned on this path.

Needs a folder of SDXL as diffusers saves it (with the fp16-fix VAE) and a folder with `ENCODER`, `DECODER` and `LORA`,
as layerdiffusion/layerdiffusion-v1 and rootonchair/diffuser_layerdiffuse give them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.unets.unet_2d_blocks import UNetMidBlock2D, get_down_block, get_up_block
from safetensors.torch import load_file
from torch import Tensor, nn

from engines.augmentation.deda.layers import composite, pyramid_fill
from engines.data.pixels import to_unit
from engines.errors import BadWeights, MissingWeights

ENCODER, DECODER = "vae_transparent_encoder.safetensors", "vae_transparent_decoder.safetensors"
LORA = "diffuser_layer_xl_transparent_attn.safetensors"
GREY = 127
ENCODER_WIDTHS = (32, 64, 128, 256)
DECODER_WIDTHS = (32, 32, 64, 128, 256, 512, 512)
LATENTS_JOIN = 3
"""Level of the decoder at which the latents, eight times smaller than the picture, are added."""


class OffsetEncoder(nn.Module):
    """Colour, carried outwards, and alpha (B, 4, H, W) in [0, 1] -> an offset of the latents (B, 4, H / 8, W / 8)."""

    def __init__(self, widths: Sequence[int] = ENCODER_WIDTHS):
        super().__init__()
        layers, inside = list[nn.Module](), 4
        for level, width in enumerate(widths):
            first = nn.Conv2d(inside, width, 3, stride=2 if level else 1, padding=1)
            layers += [first, nn.SiLU(), nn.Conv2d(width, width, 3, padding=1), nn.SiLU()]
            inside = width
        self.blocks = nn.Sequential(*layers, nn.Conv2d(inside, 4, 3, padding=1))

    def forward(self, picture: Tensor) -> Tensor:
        """See the class."""
        return self.blocks(picture)


class AlphaDecoder(nn.Module):
    """Picture (B, 3, H, W) in [0, 1] and latents (B, 4, H / 8, W / 8) -> alpha and colour (B, 4, H, W)."""

    def __init__(self, widths: Sequence[int] = DECODER_WIDTHS, attended: int = 3):
        super().__init__()
        count = len(widths)
        common: dict[str, Any] = {"temb_channels": None, "resnet_eps": 1e-5, "resnet_act_fn": "silu",
                                  "resnet_groups": 4, "attention_head_dim": 8}  # fmt: skip
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.latent_conv_in = nn.Conv2d(4, widths[LATENTS_JOIN - 1], 1)
        kinds = ["DownBlock2D"] * (count - attended) + ["AttnDownBlock2D"] * attended
        self.down_blocks = nn.ModuleList(
            get_down_block(kind, num_layers=2, in_channels=widths[max(0, n - 1)], out_channels=widths[n],
                           add_downsample=n < count - 1, downsample_padding=1, downsample_type="conv", **common)
            for n, kind in enumerate(kinds)
        )  # fmt: skip
        no_time: Any = None  # there are no steps here; the block's signature says int
        self.mid_block = UNetMidBlock2D(
            in_channels=widths[-1], temb_channels=no_time, resnet_eps=1e-5, resnet_act_fn="silu", resnet_groups=4,
            attention_head_dim=8, attn_groups=None,
        )  # fmt: skip
        back = list(reversed(widths))
        self.up_blocks = nn.ModuleList(
            get_up_block(kind.replace("Down", "Up"), num_layers=3, in_channels=back[min(n + 1, count - 1)],
                         out_channels=back[n], prev_output_channel=back[max(0, n - 1)],
                         add_upsample=n < count - 1, upsample_type="conv", **common)
            for n, kind in enumerate(reversed(kinds))
        )  # fmt: skip
        self.conv_norm_out = nn.GroupNorm(4, widths[0], eps=1e-5)
        self.conv_out = nn.Conv2d(widths[0], 4, 3, padding=1)

    def forward(self, picture: Tensor, latents: Tensor) -> Tensor:
        """See the class."""
        hidden = self.conv_in(picture)
        passed = [hidden]
        for level, block in enumerate(self.down_blocks):
            if level == LATENTS_JOIN:
                hidden = hidden + self.latent_conv_in(latents)
            hidden, more = block(hidden_states=hidden, temb=None)
            passed += more
        hidden = self.mid_block(hidden, None)
        for block in self.up_blocks:
            taken = len(block.resnets)  # type: ignore[arg-type]
            hidden = block(hidden, tuple(passed[-taken:]), None)
            del passed[-taken:]
        return self.conv_out(nn.functional.silu(self.conv_norm_out(hidden)))

    @torch.inference_mode()
    def median(self, picture: Tensor, latents: Tensor) -> Tensor:
        """The median of the eight readings of a square picture, in [0, 1]."""
        said = []
        for mirrored in (False, True):
            for turns in range(4):
                seen = [torch.rot90(x.flip(-1) if mirrored else x, turns, (2, 3)) for x in (picture, latents)]
                back = torch.rot90(self(*seen).clamp(0, 1), -turns, (2, 3))
                said.append(back.flip(-1) if mirrored else back)
        return torch.stack(said).median(0).values


class Layered:
    """An editor of layers, see `editors.Editor`; whole pictures are not its work."""

    name = "layerdiffuse"

    def __init__(self, pipeline: Any, encoder: OffsetEncoder, decoder: AlphaDecoder, words: Sequence[str],
                 guidance: float, steps: int):  # fmt: skip
        self.pipeline, self.encoder, self.decoder = pipeline, encoder.eval(), decoder.eval()
        self.words, self.guidance, self.steps, self.calls = words, guidance, steps, 0

    def pictures(
        self, pictures: np.ndarray, labels: Sequence[int] | None, strength: float, seeds: Sequence[int]
    ) -> np.ndarray:
        """Whole pictures have no transparency.

        Raises:
            NotImplementedError: always; the workshop edits whole pictures by SDEdit.
        """
        raise NotImplementedError

    @torch.inference_mode()
    def layers(
        self, layers: np.ndarray, labels: Sequence[int] | None, strength: float, seeds: Sequence[int]
    ) -> np.ndarray:
        """Edit (B, S, S, 4) with their alphas; S is a multiple of 64."""
        made = []
        for layer, label, seed in zip(layers, labels or [0] * len(layers), seeds, strict=True):
            latents = self.pipeline(
                prompt=self.words[label], image=self.encoded(layer, seed), strength=strength,
                num_inference_steps=self.steps, guidance_scale=self.guidance, output_type="latent",
                generator=torch.Generator().manual_seed(seed),
            ).images  # fmt: skip
            self.calls += 2 * max(1, int(self.steps * strength))
            made.append(self.decoded(latents))
        return np.stack(made)

    def encoded(self, layer: np.ndarray, seed: int) -> Tensor:
        """Latents of a layer, with the offset that carries its alpha: (1, 4, S / 8, S / 8)."""
        vae = self.pipeline.vae
        alpha = layer[..., 3:]
        over_grey = composite(layer, np.full_like(layer[..., :3], GREY))
        carried = np.dstack([pyramid_fill(layer[..., :3], alpha[..., 0] / 255.0), alpha])
        posterior = vae.encode(to_unit(over_grey[None]) * 2 - 1).latent_dist
        offset = self.encoder(to_unit(carried[None]))
        return (posterior.mean + posterior.std * offset) * float(vae.config.scaling_factor)

    def decoded(self, latents: Tensor) -> np.ndarray:
        """A layer (S, S, 4) uint8 out of latents."""
        vae = self.pipeline.vae
        plain = latents / float(vae.config.scaling_factor)
        picture = (vae.decode(plain).sample / 2 + 0.5).clamp(0, 1)
        said = self.decoder.median(picture, plain)[0].permute(1, 2, 0).float().cpu().numpy()
        return (np.dstack([said[..., 1:], said[..., :1]]) * 255 + 0.5).astype(np.uint8)


def load(
    sdxl: str, weights: str, classes: Sequence[str], superclass: str, guidance: float, steps: int
) -> Layered:  # fmt: skip
    """The editor, with its weights from two folders.

    Raises:
        MissingWeights: a folder or one of its files is absent.
        BadWeights: a file cannot be read or is not of this model.
    """
    missing = [name for name in (ENCODER, DECODER, LORA) if not (Path(weights) / name).is_file()]
    if not weights or missing:
        raise MissingWeights(
            f"LayerDiffuse needs {', '.join(missing or (ENCODER, DECODER, LORA))} in the folder that layers names (now "
            f"{weights or 'empty'}): from layerdiffusion/layerdiffusion-v1 and rootonchair/diffuser_layerdiffuse on "
            "Hugging Face. Meanwhile editor=sdedit edits the object on its own colours and keeps its alpha."
        )
    if not (Path(sdxl) / "unet").is_dir():
        raise MissingWeights(
            f"{sdxl} holds no SDXL. Set denoiser to the folder of stable-diffusion-xl-base-1.0 as diffusers saves it, "
            "with the VAE of madebyollin/sdxl-vae-fp16-fix."
        )
    from diffusers import StableDiffusionXLImg2ImgPipeline

    encoder, decoder = OffsetEncoder(), AlphaDecoder()
    try:
        pipeline = StableDiffusionXLImg2ImgPipeline.from_pretrained(sdxl, torch_dtype=torch.float32)
        pipeline.load_lora_weights(weights, weight_name=LORA)
        encoder.load_state_dict(load_file(Path(weights) / ENCODER))
        decoder.load_state_dict(load_file(Path(weights) / DECODER))
    except (OSError, ValueError, RuntimeError) as error:
        raise BadWeights(f"SDXL or LayerDiffuse's weights cannot be read: {error}") from error
    words = [f"a photo of a {name.split('.')[-1].replace('_', ' ')} {superclass}" for name in classes]
    return Layered(pipeline, encoder, decoder, words, guidance, steps)
