"""Choosing the ridge from one decomposition against a dense solve for each, as a ratio in one run; the same choice."""

import time

import pytest
import torch

from engines.continual.analytic import choose_ridge, one_hot
from tests.continual.test_analytic_head import plain_errors

GRID = [10.0**power for power in range(-2, 9)]
M, K = 1500, 20


def plain_choice(hidden, target):
    errors = plain_errors(hidden, target, GRID)
    return max(ridge for ridge, error in zip(GRID, errors.tolist(), strict=True) if error <= float(errors.min()))


WAYS = {"one decomposition": lambda hidden, target: choose_ridge(hidden, target, GRID), "a solve each": plain_choice}


def case(n=400):
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % K
    features = torch.randn(K, M, generator=generator)[labels] + 2 * torch.randn(n, M, generator=generator)
    return torch.relu(features).double(), one_hot(labels, K, n)


@pytest.mark.parametrize("way", WAYS)
def test_choosing_the_ridge(benchmark, way):
    benchmark.group = f"ridge of 400 rows, {M} columns, {len(GRID)} values"
    hidden, target = case()
    chosen = benchmark.pedantic(WAYS[way], (hidden, target), rounds=2, warmup_rounds=1)
    assert chosen == choose_ridge(hidden, target, GRID)


def test_it_is_at_least_five_times_faster():
    """The same work on the same cores within a second of each other: shares of processor time, not of the clock."""
    hidden, target = case()
    spent = {}
    for name, way in WAYS.items():
        way(hidden[:50], target[:50])
        began = time.process_time()
        way(hidden, target)
        spent[name] = time.process_time() - began
    assert spent["a solve each"] > 5 * spent["one decomposition"], spent
