"""Judges of identities and of distributions, by hand."""

import numpy as np
import pytest

from engines.errors import BadInput
from engines.synthesis import distribution, judge


def at(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def test_uniqueness_scans_in_order_against_those_left():
    """0 stays, 20 is too near to 0, 40 is near to 20, which was struck, and far enough from 0; 90 stays."""
    centre, r = at(0, 20, 40, 90), float(np.cos(np.radians(30)))
    assert judge.unique_curve(centre, r).tolist() == [1, 1, 2, 3]
    assert judge.uniqueness(centre, r) == 0.75
    assert judge.unique_over(centre, [np.cos(np.radians(a)) for a in (10, 30, 100)]) == [4, 3, 1]


def test_consistency_is_the_share_near_the_own_centre():
    """Centre of 0, 0, 0, 90 lies at 18.4 degrees: three are within 30. The other identity is one direction."""
    points, who = at(0, 0, 0, 90, 200, 200), np.array([0, 0, 0, 0, 1, 1])
    np.testing.assert_allclose(judge.centres(points, who), at(np.degrees(np.arctan(1 / 3)), 200), atol=1e-9)
    assert judge.consistency(points, who, float(np.cos(np.radians(30)))) == pytest.approx((0.75 + 1) / 2)


def test_recall_counts_real_pictures_inside_the_balls():
    """Made at 0, 1, 3: balls to the nearest neighbour reach 1, 1 and 2. Real 4.9 lies inside, -1.1 and 6 do not."""
    made, real = np.array([[0.0], [1], [3]]), np.array([[4.9], [-1.1], [6], [0.5]])
    assert judge.recall(real, made, 1) == 0.5
    who = np.array([7, 7, 8, 8])
    assert judge.diversity(real, who, made, np.array([7, 7, 7]), 1) == 0.5
    with pytest.raises(BadInput, match="more than 3"):
        judge.recall(real, made, 3)
    with pytest.raises(BadInput, match="no identity"):
        judge.diversity(real, who, made, np.array([1, 1, 1]), 1)


def test_separability_by_hand():
    genuine, impostor = np.array([0.9, 0.8, 0.7, 0.1]), np.array([0.2, 0.0, 0.0, -0.2])
    found = judge.separability(genuine, impostor)
    assert found.eer == pytest.approx(0.25) and found.fmr100 == found.fmr1000 == 0.25
    assert found.fdr == pytest.approx(0.625**2 / (genuine.var() + impostor.var()))
    hundred = np.linspace(0, 0.99, 100)
    assert judge.threshold(hundred, 0.01) == pytest.approx(0.98)
    assert judge.missed(np.array([0.985, 0.975]), hundred, 0.01) == 0.5
    assert judge.missed(np.array([0.985, 0.995]), hundred, 0.001) == 0.5


def test_pairs_are_all_genuine_and_no_fewer_impostors():
    points, who = at(0, 10, 100, 130), np.array([0, 0, 1, 1])
    genuine, impostor = judge.pairs(points, who)
    assert sorted(genuine) == pytest.approx(sorted(np.cos(np.radians([10, 30]))))
    assert sorted(impostor) == pytest.approx(sorted(np.cos(np.radians([100, 130, 90, 120]))))
    with pytest.raises(BadInput):
        judge.pairs(points, np.arange(4))


def test_a_leak_that_centres_hide_shows_between_image_and_centre():
    """Made pictures at 0 and 80, a trained person whose pictures lie at -40 and 40: image to centre is a hit."""
    made, known = at(0, 80), at(-40, 40)
    centre = judge.centres(known, np.zeros(2))
    r = float(np.cos(np.radians(30)))
    assert judge.leakage(made, known).above(r) == 0
    assert judge.leakage(made, centre).above(r) == 1
    assert judge.leakage(judge.centres(made, np.zeros(2)), centre).above(r) == 0
    found = judge.leakage(at(35), known, 2)
    assert found.index.tolist() == [[1, 0]] and found.cosine[0, 0] == pytest.approx(np.cos(np.radians(5)))


def test_distances_of_distributions_by_hand():
    """Means 1 and 3, variances 2 and 8: 4 + 2 + 8 - 2 sqrt(16) = 6."""
    one, other = np.array([[0.0], [2]]), np.array([[1.0], [5]])
    assert distribution.frechet(one, other) == pytest.approx(6)
    assert distribution.frechet(one, one) == pytest.approx(0, abs=1e-9)
    cubes = [((a * b + 1) ** 3) for a, b in ((0, 2), (1, 5), (0, 1), (0, 5), (2, 1), (2, 5))]
    assert distribution.kernel(one, other) == pytest.approx(cubes[0] + cubes[1] - 2 * np.mean(cubes[2:]))
    assert distribution.wasserstein(np.array([0.0, 2]), np.array([1.0, 5])) == pytest.approx(2)
    with pytest.raises(BadInput):
        distribution.frechet(one[:1], other)


def test_few_pictures_and_many_give_one_distance():
    """Both ways to the trace of the root: by products of pictures, and by covariances."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(30, 5)), rng.normal(size=(40, 5)) * 2 + 1
    wide = [np.concatenate([x, np.zeros((len(x), 60))], 1) for x in (one, other)]
    assert distribution.frechet(*wide) == pytest.approx(distribution.frechet(one, other), rel=1e-6)


def test_features_are_one_row_a_picture():
    found = distribution.features(np.zeros((2, 32, 32, 3), np.uint8), "vit-tiny-random")
    assert found.shape[0] == 2 and np.isfinite(found).all()
