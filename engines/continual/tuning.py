"""Parameter-efficient banks: what is trained beside a frozen tower. One tower serves many banks.

- adapters (AdaptFormer): parallel to each MLP; down, ReLU, dropout, up, times 0.1; up starts at 0, so that at the start
  the tower is as it was.
- scale and shift (SSF): y = γ x + β after every norm, projection and MLP layer; γ ~ N(1, 0.02), β ~ N(0, 0.02).
- prompts (VPT-Deep): tokens appended before each block and dropped after it; they start at 0.

For ViT-B/16 over all blocks: 1,189,632, 205,824 and 46,080 numbers. Where only the last blocks are tuned a bank is
that much smaller.
"""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from engines.errors import BadConfig

KINDS = ("adapter", "ssf", "vpt")


class Bank(nn.Module):
    """Adds nothing: the base of banks. `place` is a block's number among those tuned."""

    def site(self, name: str, x: Tensor) -> Tensor:
        """Tokens (…, W) behind a layer, such as "0_fc1", "embed" or "norm"."""
        return x

    def beside(self, place: int, x: Tensor) -> Tensor | None:
        """What is added to the output of a block's MLP, of the stream (B, T, D) before it."""
        return None

    def prompts(self, place: int) -> Tensor | None:
        """Tokens (P, D) for a block."""
        return None


class Adapters(Bank):
    """One bottleneck a block."""

    def __init__(self, width: int, blocks: int, hidden: int = 64, scale: float = 0.1, dropout: float = 0.1):
        super().__init__()
        self.scale, self.dropout = scale, nn.Dropout(dropout)
        self.down = nn.ModuleList(nn.Linear(width, hidden) for _ in range(blocks))
        self.up = nn.ModuleList(nn.Linear(hidden, width) for _ in range(blocks))
        for layer in self.down:
            nn.init.kaiming_uniform_(layer.get_parameter("weight"), a=math.sqrt(5))
            nn.init.zeros_(layer.get_parameter("bias"))
        for parameter in self.up.parameters():
            nn.init.zeros_(parameter)

    def beside(self, place: int, x: Tensor) -> Tensor:
        """See `Bank.beside`."""
        return self.scale * self.up[place](self.dropout(torch.relu(self.down[place](x))))


class ScaleShift(Bank):
    """γ and β of each site. `whole` also has the patch embedding's."""

    WIDTHS: ClassVar = {"norm1": 1, "q": 1, "k": 1, "v": 1, "out": 1, "norm2": 1, "fc1": 0, "fc2": 1}
    """Width of each site in token widths; 0 is the MLP's."""

    def __init__(self, width: int, blocks: int, mlp: int, whole: bool = True):
        super().__init__()
        sites = {f"{place}_{name}": factor * width or mlp
                 for place in range(blocks) for name, factor in self.WIDTHS.items()}  # fmt: skip
        sites |= {"norm": width, **({"embed": width} if whole else {})}
        self.gamma = nn.ParameterDict(
            {name: nn.Parameter(1 + 0.02 * torch.randn(size)) for name, size in sites.items()}
        )
        self.beta = nn.ParameterDict({name: nn.Parameter(0.02 * torch.randn(size)) for name, size in sites.items()})

    def site(self, name: str, x: Tensor) -> Tensor:
        """See `Bank.site`."""
        return x * self.gamma[name] + self.beta[name]


class Prompts(Bank):
    """P tokens for each block."""

    def __init__(self, width: int, blocks: int, tokens: int = 5):
        super().__init__()
        self.tokens = nn.Parameter(torch.zeros(blocks, tokens, width))

    def prompts(self, place: int) -> Tensor:
        """See `Bank.prompts`."""
        return self.tokens[place]


def make(kind: str, width: int, blocks: int, mlp: int, seed: int, whole: bool = True, hidden: int = 64) -> Bank:
    """A new bank, drawn from a seed and from nothing else.

    Raises:
        BadConfig: an unknown kind.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if kind == "adapter":
            return Adapters(width, blocks, hidden)
        if kind == "ssf":
            return ScaleShift(width, blocks, mlp, whole)
        if kind == "vpt":
            return Prompts(width, blocks)
    raise BadConfig(f"There is no bank {kind!r}; there are {', '.join(KINDS)}.")


def size(bank: nn.Module) -> int:
    """How many numbers it has."""
    return sum(parameter.numel() for parameter in bank.parameters())
