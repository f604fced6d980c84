"""The smallest singular triplets against a full SVD, as ratios in one run; groups are what is compared."""

import pytest
import torch

from engines.analysis.subspaces import smallest_triplets

METHODS = {
    "full SVD, float32": torch.linalg.svd,
    "full SVD, float64": lambda weight: torch.linalg.svd(weight.double()),
    "smallest 1": lambda weight: smallest_triplets(weight, 1),
    "smallest 8": lambda weight: smallest_triplets(weight, 8),
}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [384, 1024])
def test_smallest_triplets(benchmark, n, method):
    benchmark.group = f"decomposing a {n} x {n} weight, one thread"
    weight = torch.randn(n, n, generator=torch.Generator().manual_seed(0)) / n**0.5
    _, s, _ = benchmark.pedantic(METHODS[method], (weight,), rounds=5, warmup_rounds=1)
    assert s[-1].item() == pytest.approx(torch.linalg.svdvals(weight.double())[-1].item(), rel=1e-2)
