"""Latent diffusion models small enough for a test, in diffusers' true format, with random weights."""

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel


def save_small_diffusion(folder, text=False):
    """Write vae/, unet/ and scheduler/ (and text_encoder/, tokenizer/): pictures of 32 px become latents of 8 x 8."""
    torch.manual_seed(0)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(8, 8, 8), layers_per_block=1, norm_num_groups=4, latent_channels=4, scaling_factor=0.18215,
    )  # fmt: skip
    unet = UNet2DConditionModel(
        sample_size=8, layers_per_block=1, block_out_channels=(16, 32), norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=24, attention_head_dim=4,
    )  # fmt: skip
    schedule = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False)
    for name, part in (("vae", vae), ("unet", unet), ("scheduler", schedule)):
        part.save_pretrained(folder / name)
    if text:
        _save_text(folder)
    return folder


def _save_text(folder):
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    words = ["<|startoftext|>", "<|endoftext|>", "a</w>"]
    (folder / "tokenizer").mkdir(parents=True)
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=7, pad_token="<|endoftext|>")
    tokenizer.save_pretrained(folder / "tokenizer")
    config = CLIPTextConfig(
        vocab_size=3, hidden_size=24, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=7, bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    CLIPTextModel(config).save_pretrained(folder / "text_encoder")
