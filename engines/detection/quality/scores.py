"""The static quality of a forgery: how alike the faces are that went into it, by a face embedder.

q = (cos + 1) / 2 of two 128-d embeddings. Which two is not settled by what is public of the paper, so it is a choice:
`fake_target` (the forgery and the frame it was painted on; the default, as FreDA needs that frame anyway),
`fake_source`, `source_target`. The paper embeds with ArcFace; here it is the bundled network trained on photographs.
"""

from collections.abc import Callable, Mapping

import numpy as np

from engines.errors import BadConfig

PAIRS = ("fake_target", "fake_source", "source_target")


def similarity(pictures: Mapping[str, np.ndarray], pair: str, embed: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """q of each forgery, (N,) in [0, 1].

    Args:
        pictures: "fake", "target" and "source", aligned (N, H, W, 3) uint8; only the two of `pair` are needed.
        embed: pictures -> (N, D).

    Raises:
        BadConfig: there is no such pair, or its pictures are not at hand.
    """
    if pair not in PAIRS:
        raise BadConfig(f"There is no pair {pair!r}; there are {', '.join(PAIRS)}.")
    missing = [name for name in pair.split("_") if name not in pictures]
    if missing:
        raise BadConfig(f"The {missing[0]} pictures are not at hand; choose another pair than {pair}.")
    one, other = (_unit(embed(pictures[name])) for name in pair.split("_"))
    return (np.einsum("nd,nd->n", one, other) + 1) / 2


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
