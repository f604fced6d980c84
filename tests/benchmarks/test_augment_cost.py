"""De-DA's online part beside plain loading, at 112 px on one core."""

import time

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from engines.augmentation.deda import bank
from engines.augmentation.deda.combine import Combiner, Rules
from engines.augmentation.deda.editors import Jitter
from engines.augmentation.stream import Parts, Pictures, Stream
from engines.data.labelled import Entry, Labelled

SIDE, COUNT, REPEATS = 112, 16, 64
LIMIT_MS = 2.0


def _data() -> Labelled:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (COUNT, SIDE, SIDE, 3), np.uint8)
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[20:100, 25:90] = 1
    entries = (Entry(f"{n % 2}/{n}", n % 2, lambda n=n: pictures[n], lambda: mask) for n in range(COUNT))
    return Labelled(("0", "1"), tuple(entries))


def _seconds(stream: Stream) -> float:
    """CPU seconds a sample: what others do on this machine does not count."""
    stream.__getitems__([(n, n) for n in range(COUNT)])
    best = []
    for _ in range(5):
        began = time.process_time()
        for n in range(REPEATS):
            stream.sample(n % COUNT, n)
        best.append(time.process_time() - began)
    return min(best) / REPEATS


def test_a_combined_sample_costs_little_more_than_a_plain_one(benchmark: BenchmarkFixture, tmp_path) -> None:
    data = _data()
    order = bank.Order(1, 0.3, SIDE, 0, 0.0, 0)
    made = bank.build(tmp_path, data, order, Jitter(), None, lambda share, note: None)
    combiner = Combiner(made, 2, SIDE, Rules(combined=1.0, mixed=0.25))
    plain, combined = (Stream(Pictures(data, SIDE), 2, 104, parts) for parts in (Parts(), Parts(combiner)))
    spent = {"plain_ms": _seconds(plain) * 1000, "combined_ms": _seconds(combined) * 1000}
    benchmark.extra_info.update(spent, ratio=spent["combined_ms"] / spent["plain_ms"])
    benchmark(combined.sample, 0, 0)
    assert spent["combined_ms"] - spent["plain_ms"] <= LIMIT_MS
