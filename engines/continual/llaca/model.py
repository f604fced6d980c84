"""The multimodal model: transformers' LLaVA (Liu et al., 2023) with LoRA on its language model, small or real.

`small` makes one of a tiny Llama of our own, a tokenizer made from the tasks' words, and one of Mien's vision towers in
the place of CLIP's, which LLaVA's own code accepts. `load` reads a folder of LLaVA-1.5 in the format of transformers.
Patch tokens of the last layer (small) or of the layer that the folder names go through the two-layer GELU projector,
and take the places of "<image>" tokens. The tower is frozen, so its tokens are computed once for each picture.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.transforms import v2
from transformers import (
    AutoTokenizer,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PreTrainedTokenizerBase,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling

from engines.backbones.tower import Tower
from engines.continual.llaca.experts import split
from engines.continual.llaca.recipe import LlacaConfig
from engines.continual.llaca.words import SPECIAL, tokenizer
from engines.errors import BadWeights

IGNORED = -100
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
"""All linear layers of the language model but the last, as in the paper."""
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class OurTower(nn.Module):
    """A tower of Mien's where LLaVA expects CLIP's: one layer of hidden states, the class token first."""

    def __init__(self, tower: Tower):
        super().__init__()
        self.tower = tower

    def forward(self, pixel_values: Tensor, **_: Any) -> BaseModelOutputWithPooling:
        """Pictures (B, 3, H, W), RGB in [0, 1]."""
        found = self.tower(pixel_values)
        tokens = torch.cat([found.cls[:, None], found.patches], 1)
        return BaseModelOutputWithPooling(last_hidden_state=tokens, hidden_states=(tokens,))


class Vlm(nn.Module):
    """A LLaVA with its tokenizer; after `adapt`, LoRA and projector are all that is trained.

    Attributes:
        side: of the pictures that the tower takes, px. places: image tokens of a picture.
    """

    def __init__(self, llava: Any, words: PreTrainedTokenizerBase, side: int, own: bool):
        super().__init__()
        self.llava, self.words, self.side, self.own = llava, words, side, own
        vision = llava.config.vision_config
        self.places = (side // vision.patch_size) ** 2
        self.end = int(words.eos_token_id)
        self.pad = int(words.pad_token_id if words.pad_token_id is not None else self.end)
        self.image = int(llava.config.image_token_id)

    def adapt(self, rank: int, alpha: float, dropout: float, seed: int) -> None:
        """Freeze all but the projector, and give the language model LoRA, drawn by a seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            options: dict[str, Any] = {"r": rank, "lora_alpha": alpha, "lora_dropout": dropout}
            config = LoraConfig(**options, target_modules=LINEAR)
            self.llava.requires_grad_(False)
            inject_adapter_in_model(config, self.llava.model.language_model)
        for name, parameter in self.llava.named_parameters():
            parameter.requires_grad_("lora_" in name or "multi_modal_projector" in name)

    def split(self, experts: int) -> None:
        """Divide LoRA among so many experts with gates (MoELoRA), or undo that with 0.

        Raises:
            BadConfig: as `experts.split`.
        """
        split(self.llava.model.language_model, experts)

    def trained(self) -> dict[str, nn.Parameter]:
        """What is trained, by names as "layers.0.self_attn.q_proj.lora_A" or "projector.linear_1.weight"."""
        return {short(name): one for name, one in self.llava.named_parameters() if one.requires_grad}

    @torch.no_grad()
    def see(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """The tower's patch tokens (B, places, D) of pictures (H, W, 3) uint8, padded to a square if they are not."""
        pixels = torch.stack([self._pixels(picture) for picture in pictures])
        device = next(self.llava.parameters()).device
        llava = self.llava.model
        found = llava.vision_tower(pixels.to(device), output_hidden_states=True, return_dict=True)
        tokens = found.hidden_states[self.llava.config.vision_feature_layer]
        default = self.llava.config.vision_feature_select_strategy == "default"
        return tokens[:, 1:] if default else tokens

    def prompt(self, turn: str) -> list[int]:
        """Token numbers of a turn: the picture, what is asked, and whose turn it is then."""
        asked = f"USER: {self.words.decode([self.image])} \n{turn.replace('<image>', '').strip()} ASSISTANT:"
        found = [int(one) for one in self.words(asked)["input_ids"]]
        at = found.index(self.image)
        start = [self.words.bos_token_id] if found[0] != self.words.bos_token_id and self.words.bos_token_id else []
        return [*start, *found[:at], *[self.image] * self.places, *found[at + 1 :]]

    def answer_tokens(self, answer: str) -> list[int]:
        """Token numbers of an answer and its end."""
        found = self.words(answer, add_special_tokens=False)["input_ids"]
        return [*(int(one) for one in found), self.end]

    def embedded(self, tokens: Tensor, seen: Tensor) -> Tensor:
        """Token numbers (B, L) with the pictures' tokens (B, places, D) in their places: (B, L, width)."""
        embedded = self.llava.get_input_embeddings()(tokens)
        projected = self.llava.model.multi_modal_projector(seen.to(embedded.dtype))
        return embedded.masked_scatter((tokens == self.image)[..., None], projected.to(embedded.dtype))

    def logits(self, tokens: Tensor, seen: Tensor) -> Tensor:
        """Logits (B, L, V) of the next token; sequences are padded at their right."""
        here = tokens != self.pad
        return self.llava(inputs_embeds=self.embedded(tokens, seen), attention_mask=here.long(), use_cache=False).logits

    @torch.no_grad()
    def say(self, turns: Sequence[str], seen: Tensor, longest: int = 16) -> list[str]:
        """Greedy answers to turns about pictures of which the tower's tokens are given."""
        prompts = [self.prompt(turn) for turn in turns]
        width = max(map(len, prompts))
        device = seen.device
        tokens = torch.tensor([[self.pad] * (width - len(one)) + one for one in prompts], device=device)
        here = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts], device=device)
        said = self.llava.generate(
            inputs_embeds=self.embedded(tokens, seen), attention_mask=here, max_new_tokens=longest, do_sample=False,
            eos_token_id=self.end, pad_token_id=self.pad,
        )  # fmt: skip
        return [self.text(row) for row in said.tolist()]

    def text(self, tokens: Sequence[int]) -> str:
        """What token numbers say, up to the end."""
        kept = tokens[: list(tokens).index(self.end)] if self.end in tokens else tokens
        said = str(self.words.decode([one for one in kept if one != self.pad], skip_special_tokens=True))
        return said.replace("[ ", "[").replace(" ,", ",").replace(" ]", "]").strip()

    def _pixels(self, picture: np.ndarray) -> Tensor:
        image = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float().div(255)
        high, wide = image.shape[1:]
        longer = max(high, wide)
        left, top = (longer - wide) // 2, (longer - high) // 2
        image = F.pad(image, (left, longer - wide - left, top, longer - high - top), value=0.5)
        image = F.interpolate(image[None], (self.side, self.side), mode="bicubic", antialias=True)[0].clamp(0, 1)
        return image if self.own else v2.functional.normalize(image, list(CLIP_MEAN), list(CLIP_STD))


def short(name: str) -> str:
    """A parameter's name without the path to the language model; a projector's begin with "projector"."""
    name = name.replace("model.multi_modal_projector.", "projector.").replace("model.language_model.", "")
    return name.replace(".default.weight", "")


def small(config: LlacaConfig, tower: Tower, texts: Sequence[str]) -> Vlm:
    """An untrained model around a tower, whose tokenizer knows the words of the texts."""
    words = tokenizer([*texts, "USER: ASSISTANT:"])
    side = config.crop_px - config.crop_px % tower.patch_px
    vision = CLIPVisionConfig(
        hidden_size=tower.width, intermediate_size=8, num_hidden_layers=0, num_attention_heads=1, image_size=side,
        patch_size=tower.patch_px,
    )  # fmt: skip
    text = LlamaConfig(
        vocab_size=len(words), hidden_size=config.width, intermediate_size=config.width * 8 // 3 // 8 * 8,
        num_hidden_layers=config.layers, num_attention_heads=config.heads, max_position_embeddings=1024,
        pad_token_id=words.pad_token_id, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
        tie_word_embeddings=False,
    )  # fmt: skip
    whole = LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=SPECIAL.index("<image>"),
        projector_hidden_act="gelu", vision_feature_layer=-1, image_seq_length=(side // tower.patch_px) ** 2,
        tie_word_embeddings=False,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.base_seed)
        llava = LlavaForConditionalGeneration(whole)
    llava.model.vision_tower = OurTower(tower.requires_grad_(False))
    return Vlm(llava.eval(), words, side, own=True)


def load(folder: str) -> Vlm:
    """A LLaVA-1.5 in the format of transformers: a folder, or a name of the hub's.

    Raises:
        BadWeights: there is none, or it cannot be read.
    """
    try:
        llava = LlavaForConditionalGeneration.from_pretrained(folder, dtype="auto", use_safetensors=True)
        words = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, RuntimeError) as error:
        raise BadWeights(
            f"{folder} holds no LLaVA-1.5 in the format of transformers ({type(error).__name__}); give a folder with "
            "config.json, safetensors and a tokenizer, such as a copy of llava-hf/llava-1.5-7b-hf."
        ) from error
    vision: Any = llava.config.vision_config
    return Vlm(llava.eval(), words, int(vision.image_size), own=False)


def is_folder(text: str) -> bool:
    """Whether a name of a model is a folder or a name of the hub's, rather than our own small one."""
    return text != "small" and (Path(text).expanduser().is_dir() or "/" in text)
