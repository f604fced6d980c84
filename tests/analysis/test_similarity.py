"""CKA: the unbiased estimator against its definition, its invariances, and batches that change nothing."""

import numpy as np
import pytest
import torch

from engines.analysis.similarity import Cka, cka, colour_maps, hsic, mean_maps
from engines.errors import BadInput


def features(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_batches_give_what_all_pictures_at_once_give():
    ours, theirs = [features(n, 50, 6, 3, 3) for n in (0, 1)], [features(n, 50, 7) for n in (2, 3, 4)]
    theirs[0] = theirs[0] + ours[0].flatten(1)[:, :7]
    whole, parts = Cka(), Cka()
    whole.update(ours, theirs)
    for start in range(0, 50, 7):
        parts.update([each[start : start + 7] for each in ours], [each[start : start + 7] for each in theirs])
    assert parts.compute().shape == (2, 3)
    np.testing.assert_allclose(parts.compute(), whole.compute(), atol=1e-6)


def test_unbiased_hsic_is_its_u_statistic():
    """HSIC = E[k(i,j) m(i,j)] + E[k(i,j) m(q,r)] - 2 E[k(i,j) m(i,q)] over distinct i, j, q, r."""
    n = 6
    k, m = (features(seed, n, n) for seed in (0, 1))
    k, m = ((each + each.T) * (1 - torch.eye(n)) for each in (k, m))
    same, apart, shared = [], [], []
    for i in range(n):
        for j in range(n):
            for q in range(n):
                for r in range(n):
                    if len({i, j, q, r}) == 4:
                        same.append(float(k[i, j] * m[i, j]))
                        apart.append(float(k[i, j] * m[q, r]))
                        shared.append(float(k[i, j] * m[i, q]))
    expected = np.mean(same) + np.mean(apart) - 2 * np.mean(shared)
    assert float(hsic(k, m)) == pytest.approx(expected, abs=1e-10)


def test_the_same_up_to_rotation_and_scale_is_one():
    x = features(0, 40, 5)
    turned = 3 * x @ torch.linalg.qr(features(1, 5, 5))[0] + 2
    assert cka(x, turned) == pytest.approx(1, abs=1e-9)


def test_unrelated_is_about_nothing_on_average():
    values = [cka(features(2 * n, 30, 4), features(2 * n + 1, 30, 4)) for n in range(60)]
    assert abs(np.mean(values)) < 3 * np.std(values) / 60**0.5


def test_sums_of_batches_are_the_other_estimator():
    x, y = features(0, 40, 4), features(1, 40, 4)
    one, summed = Cka(), Cka(exact=False)
    one.update([x[:20]], [x[:20] + y[:20]])
    for part in (slice(0, 20), slice(20, 40)):
        summed.update([x[part]], [x[part] + y[part]])
    single = Cka(exact=False)
    single.update([x[:20]], [x[:20] + y[:20]])
    np.testing.assert_allclose(single.compute(), one.compute())
    assert 0.2 < float(summed.compute()[0, 0]) < 0.8


def test_too_few_pictures_are_said():
    with pytest.raises(BadInput, match="3 pictures are too few"):
        cka(features(0, 3, 2), features(1, 3, 2))
    with pytest.raises(BadInput, match="No pictures"):
        Cka().compute()


def test_maps_as_pictures():
    maps = torch.zeros(2, 4, 3, 3)
    maps[0, :, 1, 2] = 1
    maps[1, 0, 0, 0] = -5
    grey = mean_maps(maps)
    assert grey.shape == (2, 3, 3) and grey.dtype == np.uint8
    assert grey[0, 1, 2] == 255 and grey[0].sum() == 255 and grey[1, 0, 0] == 0
    assert colour_maps(maps).shape == (2, 3, 3, 3)
    assert colour_maps(torch.rand(1, 2, 3, 3)).shape == (1, 3, 3, 3)
