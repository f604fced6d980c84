import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.analysis import subspaces
from engines.analysis.subspaces import (
    effective_rank,
    energy_kept,
    principal_angles,
    singular_values,
    smallest_triplets,
    stable_rank,
)
from engines.backbones import towers
from engines.errors import BadInput


def orthogonal(n, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(n, n, dtype=torch.float64, generator=random)).Q


def with_values(values, seed=0):
    """A square float64 matrix with these singular values."""
    s = torch.as_tensor(values, dtype=torch.float64)
    return orthogonal(len(s), seed) * s @ orthogonal(len(s), seed + 1).T


def gaussian(n, m, seed=0, dtype=torch.float32):
    return torch.randn(n, m, generator=torch.Generator().manual_seed(seed)).to(dtype) / math.sqrt(n)


def check(weight, k, values_to=1e-6, triplets_to=1e-9):
    """Against torch.linalg.svd in float64: the values, the equations, and that both bases are orthonormal."""
    weight = weight.detach()
    exact = torch.linalg.svdvals(weight.double())
    u, s, v = (part.double() for part in smallest_triplets(weight, k))
    assert (u.shape, s.shape, v.shape) == ((weight.shape[0], k), (k,), (weight.shape[1], k))
    assert (s[:-1] >= s[1:]).all()
    floor = 1e-14 * exact[0]
    assert ((s - exact[-k:]).abs() <= values_to * exact[-k:] + floor).all()
    eye = torch.eye(k, dtype=torch.float64)
    slack = triplets_to * float(exact[0])
    for basis in (u, v):
        assert (basis.T @ basis - eye).abs().max() < max(triplets_to, 1e-12)
    assert (weight.double() @ v - u * s).abs().max() < slack
    assert (weight.double().T @ u - v * s).abs().max() < slack
    return u, s, v


@pytest.fixture
def no_full_svd(monkeypatch):
    def refuse(matrix, k):
        raise AssertionError("fell back to the full SVD")

    monkeypatch.setattr(subspaces, "_by_full_svd", refuse)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("shape", [(256, 256), (320, 192), (192, 320)])
def test_gaussian_weights(no_full_svd, shape, k):
    check(gaussian(*shape, dtype=torch.float64), k)


def test_vectors_are_those_of_the_full_svd(no_full_svd):
    weight = gaussian(384, 384, dtype=torch.float64)
    u, _, v = check(weight, 4)
    left, _, right = torch.linalg.svd(weight)
    for mine, exact in ((u, left[:, -4:]), (v, right[-4:].T)):
        assert ((mine * exact).sum(0).abs() > 1 - 1e-12).all()
    assert (((u * left[:, -4:]).sum(0) > 0) == ((v * right[-4:].T).sum(0) > 0)).all()  # signs flip in pairs


def test_float32_input_is_worked_on_in_float64(no_full_svd):
    weight = gaussian(384, 384)
    found = smallest_triplets(weight, 2)
    assert {part.dtype for part in found} == {torch.float32}
    check(weight, 2, triplets_to=1e-6)


def test_half_input_comes_back_as_float32():
    assert {part.dtype for part in smallest_triplets(gaussian(130, 130).half(), 1)} == {torch.float32}


@pytest.mark.parametrize("zeros", [1, 3, 8, 60])
@pytest.mark.parametrize("k", [1, 5])
def test_exact_zeros(no_full_svd, zeros, k):
    check(with_values([*torch.linspace(2, 0.01, 256 - zeros).tolist(), *[0.0] * zeros]), k)


def test_zero_rows_and_columns(no_full_svd):
    weight = gaussian(256, 256, dtype=torch.float64)
    weight[7], weight[:, 100] = 0, 0
    _, s, _ = check(weight, 3)
    assert s[-1] < 1e-15
    assert s[0] > 1e-4


@pytest.mark.parametrize("k", [1, 4, 5])
def test_repeated_values(no_full_svd, k):
    check(with_values([*torch.linspace(2, 0.5, 250).tolist(), *[0.1] * 6]), k)


def test_a_repeated_value_wider_than_the_block(no_full_svd):
    check(with_values([*torch.linspace(2, 0.5, 156).tolist(), *[0.1] * 100]), 2)
    check(orthogonal(256), 3)


def test_values_near_zero_beside_larger_ones(no_full_svd):
    tail = [1e-2, 3e-3, 1e-6, 4e-10, 1e-13]
    check(with_values([*torch.linspace(2, 0.1, 251).tolist(), *tail]), 5, values_to=1e-2)
    check(with_values([*torch.linspace(2, 0.1, 253).tolist(), *tail[:3]]), 3)


def test_a_dense_cluster_across_the_edge_is_still_exact():
    values = [*torch.linspace(2, 0.5, 128).tolist(), *(0.1 + 1e-5 * torch.arange(128).flip(0)).tolist()]
    check(with_values(values), 4)


@pytest.mark.parametrize("shape", [(5, 5), (1, 7), (7, 1), (64, 64), (40, 200)])
def test_small_and_flat_matrices(shape):
    for k in {1, min(shape)}:
        check(gaussian(*shape, dtype=torch.float64), k)


def test_many_triplets_rebuild_the_weight():
    weight = gaussian(64, 48, dtype=torch.float64)
    u, s, v = smallest_triplets(weight, 48)
    torch.testing.assert_close(u * s @ v.T, weight)


def test_zero_matrix():
    u, s, v = smallest_triplets(torch.zeros(200, 200), 3)
    assert (s == 0).all()
    torch.testing.assert_close(u.T @ u, torch.eye(3))
    torch.testing.assert_close(v.T @ v, torch.eye(3))


def test_scale_does_not_matter(no_full_svd):
    weight = gaussian(256, 256, dtype=torch.float64)
    one = smallest_triplets(weight, 2)[1]
    for scale in (1e-30, 1e30):
        torch.testing.assert_close(smallest_triplets(weight * scale, 2)[1] / scale, one, rtol=1e-9, atol=0)


def test_repeats_bit_for_bit_and_leaves_its_input():
    weight = gaussian(256, 256)
    before = weight.clone()
    for first, second in zip(smallest_triplets(weight, 3), smallest_triplets(weight, 3), strict=True):
        assert torch.equal(first, second)
    assert torch.equal(weight, before)


def test_takes_a_parameter(no_full_svd):
    layer = torch.nn.Linear(256, 256)
    assert not any(part.requires_grad for part in smallest_triplets(layer.weight, 1))


def test_effective_rank_by_hand():
    assert effective_rank(torch.ones(7)) == pytest.approx(7)
    assert effective_rank(torch.tensor([3.0, 0.0, 0.0])) == pytest.approx(1)
    # shares 3/4 and 1/4: exp(H) = (4/3)^(3/4) * 4^(1/4)
    assert effective_rank(torch.tensor([3.0, 1.0])) == pytest.approx((4 / 3) ** 0.75 * 4**0.25)


def test_stable_rank_and_energy_by_hand():
    values = torch.tensor([2.0, 1.0, 1.0])
    assert stable_rank(values) == pytest.approx(6 / 4)
    assert energy_kept(values).tolist() == pytest.approx([0, 4 / 6, 5 / 6, 1])


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=12), st.floats(1e-3, 1e3))
def test_ranks_are_bounded_and_know_no_unit(values, scale):
    s = torch.tensor(sorted(values, reverse=True), dtype=torch.float64)
    for rank in (effective_rank, stable_rank):
        assert 1 - 1e-9 <= rank(s) <= len(s) + 1e-9
        assert rank(scale * s) == pytest.approx(rank(s))
    assert (energy_kept(s).diff() >= 0).all()


def test_principal_angles_by_hand():
    eye = torch.eye(4)
    turned = torch.stack([math.cos(0.3) * eye[0] + math.sin(0.3) * eye[2], eye[3]], dim=1)
    assert principal_angles(eye[:, :2], turned).tolist() == pytest.approx([0.3, math.pi / 2])
    assert principal_angles(eye[:, :2], 5 * eye[:, :1]).tolist() == pytest.approx([0])


def test_tiny_angles_are_not_lost():
    first = torch.tensor([[1.0], [0.0]], dtype=torch.float64)
    second = torch.tensor([[math.cos(1e-9)], [math.sin(1e-9)]], dtype=torch.float64)
    assert principal_angles(first, second)[0].item() == pytest.approx(1e-9, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_angles_are_symmetric_and_blind_to_the_basis(seed):
    random = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(6, width, dtype=torch.float64, generator=random) for width in (2, 3))
    angles = principal_angles(a, b)
    assert (angles.diff() >= 0).all()
    mixed = a @ (torch.randn(2, 2, dtype=torch.float64, generator=random) + 3 * torch.eye(2))
    torch.testing.assert_close(principal_angles(b, mixed), angles, atol=1e-6, rtol=0)


def test_singular_values_match_torch():
    weight = gaussian(20, 30)
    torch.testing.assert_close(singular_values(weight), torch.linalg.svdvals(weight.double()))


def test_bad_weights_are_said():
    bad = torch.ones(3, 3)
    bad[1, 1] = float("nan")
    for weight, k, says in (
        (bad, 1, "not finite"),
        (torch.ones(3), 1, "matrix is needed"),
        (torch.ones(3, 3, dtype=torch.int64), 1, "matrix is needed"),
        (torch.ones(0, 3), 1, "matrix is needed"),
        (torch.ones(3, 4), 4, "no 4 smallest"),
        (torch.ones(3, 4), 0, "no 0 smallest"),
    ):
        with pytest.raises(BadInput, match=says):
            smallest_triplets(weight, k)
    with pytest.raises(BadInput, match="zero matrix"):
        effective_rank(torch.zeros(3))
    with pytest.raises(BadInput, match="3 and 4 dimensions"):
        principal_angles(torch.ones(3, 1), torch.ones(4, 1))


def test_projections_of_a_real_tower(no_full_svd):
    layers = towers.build("dinov2-s6").projections()
    for name in ("blocks.0.q", "blocks.0.k", "blocks.0.out", "blocks.5.v"):
        for k in (1, 8):
            check(layers[name].weight, k, triplets_to=1e-6)
