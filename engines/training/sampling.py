"""Which samples a step sees, as a pure function of seed and step, so that a run can resume anywhere.

Each epoch is a fresh permutation; a batch may span two epochs, so every batch has the same size. An item is
`(index, seed)`: the data set draws its augmentation from that seed, and a resumed run, or one with another
number of loader workers, sees the very same pictures.
"""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

Item = tuple[int, int]


class StepSampler(Sampler[list[Item]]):
    """Yields, for each step from `start` to `steps`, the batch as a list of `(index, seed)`.

    Args:
        size: samples in the data set.
        batch: samples in the whole batch, over all processes.
        steps: number of steps of the run.
        seed: of the order and of every item's own seed.
        start: first step to yield.
        rank, world: this process takes items `rank::world` of each batch.
    """

    def __init__(self, size: int, batch: int, steps: int, seed: int, start: int = 0, rank: int = 0, world: int = 1):
        assert size > 0 and batch % world == 0
        self.size, self.batch, self.steps, self.seed = size, batch, steps, seed
        self.start, self.rank, self.world = start, rank, world
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def __len__(self) -> int:
        return self.steps - self.start

    def __iter__(self) -> Iterator[list[Item]]:
        for step in range(self.start, self.steps):
            yield self.batch_at(step)[self.rank :: self.world]

    def batch_at(self, step: int) -> list[Item]:
        """The whole batch of a step."""
        positions = range(step * self.batch, (step + 1) * self.batch)
        return [(self._index(position), hash_seed(self.seed, position)) for position in positions]

    def _index(self, position: int) -> int:
        epoch, offset = divmod(position, self.size)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, np.random.default_rng((self.seed, epoch)).permutation(self.size)
        return int(self._order[offset])


def hash_seed(*parts: int) -> int:
    """A 32-bit seed that differs for any change of its parts (SplitMix64 over them)."""
    state = 0
    for part in parts:
        state = (state ^ (part & 0xFFFFFFFFFFFFFFFF)) + 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        state = (state ^ state >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 31
    return state & 0xFFFFFFFF
