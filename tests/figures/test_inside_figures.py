import numpy as np

from workbench.figures import heads, neighbourhood, side_by_side, theme

RNG = np.random.default_rng(0)


def test_the_narrowest_head_is_named() -> None:
    entropy = np.full((3, 4), 5.0)
    entropy[1, 2] = 1.0
    figure = heads.spread(entropy, 5.6)
    assert "head 3 of block 2 looks most narrowly" in theme.alt(figure)
    assert np.asarray(figure.data[0].z).shape == (4, 3)


def test_points_carry_their_place_and_late_ones_are_hollow() -> None:
    labels = ["swap", "real", "swap", "edit"]
    figure = neighbourhood.scatter(RNG.random((4, 2)), labels, ("a", "b"), np.array([False, False, False, True]))
    found = {trace.name: trace for trace in figure.data}
    assert list(found) == ["real (1)", "swap (2)", "edit (1)"]
    assert list(found["swap (2)"].customdata) == [0, 2]
    assert found["edit (1)"].marker.symbol[0].endswith("-open")
    assert not found["swap (2)"].marker.symbol[0].endswith("-open")
    shaded = neighbourhood.shaded(RNG.random((4, 2)), np.arange(4.0), "Q*", ("a", "b"))
    assert list(shaded.data[0].customdata) == [0, 1, 2, 3]
    assert "0.00 to 3.00" in theme.alt(shaded)


def test_a_difference_is_coloured_only_where_it_is_sure() -> None:
    rows = [
        {"family": "a", "difference": 0.1, "low": 0.05, "high": 0.2, "first": 0.9, "second": 0.8},
        {"family": "b", "difference": 0.1, "low": -0.05, "high": 0.2, "first": 0.9, "second": 0.8},
        {"family": "c", "difference": -0.1, "low": -0.2, "high": -0.05, "first": 0.8, "second": 0.9},
    ]
    figure = side_by_side.differences(rows, ("one", "other"))
    assert list(figure.data[0].marker.color) == [theme.BLUE, theme.GREY, theme.VERMILLION]
    assert "leaves out zero for a, c" in theme.alt(figure)
    assert np.allclose(figure.data[0].error_x.arrayminus, [0.05, 0.15, 0.1])


def test_three_maps_stand_on_one_scale() -> None:
    face, one = np.zeros((98, 98, 3), np.uint8), np.zeros((98, 98))
    one[:7, :7] = 4.0
    figure = side_by_side.maps(face, one, one * 0 - 1, ("one", "other"))
    layers = [np.asarray(trace.z) for trace in figure.data if trace.type == "heatmap"]
    assert [float(layer[0, 0]) for layer in layers] == [1.0, -1.0, 2.0]
    assert all(trace.coloraxis == "coloraxis" for trace in figure.data if trace.type == "heatmap")
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)


def test_angles_and_erasure_say_their_numbers() -> None:
    rows = [{"projection": f"blocks.{n}.q", "largest_deg": n * 10.0, "mean_deg": 1.0, "moved": 0.1} for n in range(3)]
    assert "at most 20.0 degrees" in theme.alt(side_by_side.angles(rows))
    erased = [{"removed": n, "kept": 0.5, "auc": 0.9 - n / 10, "low": 0.4, "high": 0.95} for n in range(3)]
    assert "from 0.90" in theme.alt(neighbourhood.erased(erased, "strongest"))
