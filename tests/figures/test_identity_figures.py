"""Figures of identities: what they count, and their words."""

import numpy as np

from workbench.figures import identities, theme


def test_the_sphere_is_mapped_by_longitude_and_height():
    poles = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    figure = identities.sphere(poles, poles)
    np.testing.assert_allclose(figure.data[0].x, [0, 90, 180])
    np.testing.assert_allclose(figure.data[0].y, [1, 0, 0])


def test_words_hold_the_numbers():
    before, after = np.array([0.2, 0.4]), np.array([0.1, 0.15])
    assert "0.400 at random, 0.150 pushed apart" in theme.alt(identities.nearest(before, after))
    assert "0.500 at first, 0.100 at best" in theme.alt(identities.rounds(np.array([0.5, 0.1, 0.2])))
    on, off = {"t": [9, 0], "cosine": [0.1, 0.8]}, {"t": [9, 0], "cosine": [0.1, 0.3]}
    assert "0.80 guided, 0.30 not" in theme.alt(identities.steps(on, off))
    leaked = identities.leaks(np.array([0.6, 0.4, 0.7]), np.array([0.3, 0.2]), 0.5)
    assert "2 of 3 drawn faces" in theme.alt(leaked)
    wanted, read = np.zeros((2, 4)), np.full((2, 4), 3.0)
    assert "mean error 3.0" in theme.alt(identities.requested(wanted, read, 3))
    assert "0.80 of one identity, 0.10 of two" in theme.alt(
        identities.separability(np.array([0.7, 0.9]), np.array([0.0, 0.2]))
    )


def test_methods_keep_their_marks_and_those_asked_for_nobody_are_left_out():
    rows = [
        {"method": "id3", "seed": seed, "cosine": 0.5, "cosine_low": 0.4, "cosine_high": 0.7} for seed in range(3)
    ] + [{"method": "render", "seed": 0}]
    figure = identities.cosines(rows)
    assert len(figure.data) == 1 and list(figure.layout.yaxis.ticktext) == ["ID³"]
    np.testing.assert_allclose(figure.data[0].error_x.array, 0.2)
    np.testing.assert_allclose(figure.data[0].error_x.arrayminus, 0.1)
    alone = identities.cosines([{**rows[0], "method": "dcface"}])
    assert alone.data[0].marker.color != figure.data[0].marker.color


def test_the_trade_names_its_scales_and_unique_curves_their_ends():
    rows = [{"scale": scale, "cosine": 0.2 + scale / 100, "recall": 0.9 - scale / 100} for scale in (0.0, 40.0)]
    figure = identities.trade(rows)
    assert list(figure.data[0].text) == ["0", "40"] and "recall 0.90 to 0.50" in theme.alt(figure)
    curve = identities.unique({"id3": np.array([1, 2, 2])})
    assert "ID³ 2 of 3" in theme.alt(curve) and list(curve.data[1].y) == [1, 2, 2]
