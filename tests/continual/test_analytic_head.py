"""The analytic head against closed forms, and RanPAC's core: the order of sessions does not matter."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.continual.analytic import Projection, Statistics, choose_ridge, one_hot, ridge_errors
from engines.errors import BadInput

GRID = [10.0**power for power in range(-8, 9)]


def rows(n=40, width=12, classes=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    centres = torch.randn(classes, width, generator=generator)
    return (centres[labels] + torch.randn(n, width, generator=generator)).double(), labels


def plain_errors(hidden, target, grid):
    """The released way: a dense solve for each ridge."""
    cut = int(0.8 * len(hidden))
    gram, cross = hidden[:cut].T @ hidden[:cut], hidden[:cut].T @ target[:cut]
    eye = torch.eye(hidden.shape[1], dtype=torch.float64)
    weights = [torch.linalg.solve(gram + ridge * eye, cross) for ridge in grid]
    return torch.stack([(hidden[cut:] @ weight - target[cut:]).square().mean() for weight in weights])


def test_ranpac_on_a_case_worked_out_by_hand():
    """Features (1,0), (0,2) of classes 0 and 1, then (2,0) of 0: G = diag(5, 4), Q = diag(3, 2), ridge 1."""
    sums = Statistics(2, 2)
    sums.add(torch.tensor([[1.0, 0.0], [0.0, 2.0]], dtype=torch.float64), torch.tensor([0, 1]))
    sums.add(torch.tensor([[2.0, 0.0]], dtype=torch.float64), torch.tensor([0]))
    assert torch.equal(sums.gram, torch.diag(torch.tensor([5.0, 4.0], dtype=torch.float64)))
    assert torch.equal(sums.target, torch.diag(torch.tensor([3.0, 2.0], dtype=torch.float64)))
    weight = sums.solve(1.0, 2)
    assert torch.allclose(weight, torch.diag(torch.tensor([3 / 6, 2 / 5], dtype=torch.float64)))
    assert (torch.tensor([[3.0, 1.0]], dtype=torch.float64) @ weight).argmax() == 0  # 1.5 against 0.4


def test_without_a_projection_it_is_ridge_regression():
    hidden, labels = rows()
    sums = Statistics(12, 4)
    sums.add(Projection(12, 0, 0)(hidden.float()), labels)
    hidden = hidden.float().double()
    closed = torch.linalg.solve(
        hidden.T @ hidden + 3 * torch.eye(12, dtype=torch.float64), hidden.T @ one_hot(labels, 4, 40)
    )
    assert torch.allclose(sums.solve(3.0, 4), closed, atol=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.permutations(list(range(6))), st.integers(1, 5))
def test_sums_over_sessions_are_the_joint_solution_in_any_order(order, cut):
    hidden, labels = rows(60)
    parts = [torch.arange(60)[part::6] for part in order]
    whole, split = Statistics(12, 4), Statistics(12, 4)
    whole.add(hidden, labels)
    for part in (torch.cat(parts[:cut]), torch.cat(parts[cut:])):
        split.add(hidden[part], labels[part])
    assert torch.allclose(whole.solve(0.1, 4), split.solve(0.1, 4), atol=1e-9)


@pytest.mark.parametrize(("n", "width"), [(30, 50), (80, 20), (25, 20)])
def test_one_decomposition_chooses_as_the_grid_of_solves(n, width):
    hidden, labels = rows(n, width)
    target = one_hot(labels, 4, n)
    quick, plain = ridge_errors(hidden, target, GRID), plain_errors(hidden, target, GRID)
    usable = slice(4, None)  # below 1e-4 the plain solve of a singular system is rounding noise
    assert torch.allclose(quick[usable], plain[usable], rtol=1e-6)
    assert choose_ridge(hidden, target, GRID[4:]) == GRID[4:][int(plain[usable].argmin())]


def test_any_ridge_from_the_rotated_sums():
    hidden, labels = rows()
    sums = Statistics(12, 4)
    sums.add(hidden, labels)
    values, vectors, target = sums.rotated(4)
    for ridge in (1e-2, 1.0, 1e4):
        assert torch.allclose(vectors @ (target / (values + ridge)[:, None]), sums.solve(ridge, 4), atol=1e-9)


def test_a_ridge_below_rounding_is_still_solved():
    sums = Statistics(8, 2)
    sums.add(1e6 * torch.ones(4, 8, dtype=torch.float64), torch.tensor([0, 1, 0, 1]))
    assert torch.isfinite(sums.solve(1e-8, 2)).all()


def test_the_projection_is_its_seed():
    features = torch.randn(3, 6)
    assert torch.equal(Projection(6, 20, 1)(features), Projection(6, 20, 1)(features))
    assert not torch.equal(Projection(6, 20, 1)(features), Projection(6, 20, 2)(features))
    assert (Projection(6, 20, 1)(features) >= 0).all()


def test_rows_and_labels_must_agree():
    sums = Statistics(4, 2)
    with pytest.raises(BadInput, match="3 rows and 2 labels"):
        sums.add(torch.ones(3, 4, dtype=torch.float64), torch.tensor([0, 1]))
    with pytest.raises(BadInput, match="beyond the 2 classes"):
        sums.add(torch.ones(2, 4, dtype=torch.float64), torch.tensor([0, 2]))
    assert not sums.gram.any() or np.isfinite(sums.gram).all()
    with pytest.raises(BadInput, match="cannot be divided"):
        ridge_errors(torch.ones(1, 4, dtype=torch.float64), torch.ones(1, 2, dtype=torch.float64), [1.0])
