"""Identities are split before anything else: a person's number says which split it belongs to, for ever.

Of ten consecutive people six are for training, one for validation, three for testing, as source and as target.
"""

from engines.errors import BadConfig

SPLITS = {"train": (0, 1, 2, 3, 4, 5), "val": (6,), "test": (7, 8, 9)}
"""Split -> last digits of its identities."""
BLOCK = 1_000_000
"""Identities set aside for each seed."""


def split_of(identity: int) -> str:
    """The split that an identity belongs to."""
    return next(split for split, digits in SPLITS.items() if identity % 10 in digits)


def identities(split: str, count: int, seed: int = 0) -> list[int]:
    """The first `count` identities of a split; another seed gives other people.

    Raises:
        BadConfig: an unknown split, or a count that is not positive or exceeds what a seed has.
    """
    if split not in SPLITS:
        raise BadConfig(f"There is no split {split!r}; there are {', '.join(SPLITS)}.")
    digits = SPLITS[split]
    if not 1 <= count <= BLOCK // 10 * len(digits):
        raise BadConfig(f"A split has 1 to {BLOCK // 10 * len(digits)} identities, not {count}.")
    return [seed * BLOCK + 10 * (i // len(digits)) + digits[i % len(digits)] for i in range(count)]
