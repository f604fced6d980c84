"""What a denoiser is told of a class: one or more learned vectors, in the prompt or in the prompt's place.

A model with a text encoder hears "a photo of a <v> bird", the learned tokens standing for <v> in the encoder's input;
a model without, as that of the face world, is given the learned tokens themselves as its context.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engines.backbones.denoiser import Denoiser

BEFORE = "a photo of a"
SPREAD = 0.02


class Prompts(nn.Module):
    """Learned tokens as context: `forward(labels (B,)) -> (B, K, D)`.

    Args:
        start: (D,) or None: what every token begins at, but for a little noise by class.
    """

    empty: Tensor

    def __init__(self, classes: int, tokens: int, width: int, empty: Tensor, start: Tensor | None = None):
        super().__init__()
        noise = torch.randn(classes, tokens, width, generator=torch.Generator().manual_seed(0)) * SPREAD
        self.vectors = nn.Parameter(noise if start is None else start + noise)
        self.register_buffer("empty", empty, persistent=False)

    def forward(self, labels: Tensor) -> Tensor:
        """Context of these classes."""
        return self.vectors[labels]

    def plain(self, count: int) -> Tensor:
        """Context that says nothing of a class: (count, L, D)."""
        return self.empty.expand(count, -1, -1)


class Worded(Prompts):
    """Learned tokens in a sentence of a text encoder, frozen; `plain` is the sentence without them."""

    def __init__(self, classes: int, tokens: int, folder: Path, empty: Tensor, superclass: str):
        from transformers import CLIPTextModel, CLIPTokenizer

        tokenizer: Any = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        encoder: Any = CLIPTextModel.from_pretrained(folder / "text_encoder", torch_dtype=torch.float32)
        encoder.eval().requires_grad_(False)
        before, word = (tokenizer(text, add_special_tokens=False).input_ids for text in (BEFORE, superclass))
        table = encoder.get_input_embeddings().weight
        super().__init__(classes, tokens, table.shape[1], empty, table[word].mean(0).detach())
        self._encoder, self._length = (encoder,), tokenizer.model_max_length  # frozen, and no part of what is kept
        self._ends = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
        self._words = before[: max(0, self._length - tokens - 2)], word
        self._told = self._encoded([*self._words[0], *word], None)

    def forward(self, labels: Tensor) -> Tensor:
        """Context of these classes."""
        before, word = self._words
        tokens = self.vectors.shape[1]
        return self._encoded([*before, *[word[0]] * tokens, *word], self.vectors[labels], len(before) + 1)

    def plain(self, count: int) -> Tensor:
        """The sentence with the super-class alone: what Real-Guidance says."""
        return self._told.to(self.empty.device).expand(count, -1, -1)

    def _encoded(self, words: list[int], vectors: Tensor | None, place: int = 0) -> Tensor:
        first, last, rest = self._ends
        ids = [first, *words[: self._length - 2], last]
        ids += [rest] * (self._length - len(ids))
        count = 1 if vectors is None else len(vectors)
        encoder = self._encoder[0].to(self.empty.device)
        table = encoder.get_input_embeddings()

        def put(_: nn.Module, __: Any, said: Tensor) -> Tensor:
            assert vectors is not None
            return torch.cat([said[:, :place], vectors, said[:, place + vectors.shape[1] :]], 1)

        handle = table.register_forward_hook(put) if vectors is not None else None
        try:
            return encoder(torch.tensor([ids] * count, device=self.empty.device))[0]
        finally:
            if handle:
                handle.remove()


def prompts(model: Denoiser, folder: str, classes: int, tokens: int, superclass: str) -> Prompts:
    """Prompts for a model: worded where its folder has a text encoder."""
    if (Path(folder) / "text_encoder").is_dir():
        return Worded(classes, tokens, Path(folder), model.prompt, superclass)
    return Prompts(classes, tokens, int(model.unet.config["cross_attention_dim"]), model.prompt)
