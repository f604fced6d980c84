from typing import Any

import pytest

from workbench.figures import arena, numbers, theme


def row(detector: str, family: str, value: float, seen: bool = False) -> dict[str, Any]:
    counts = {"reals": 30, "fakes": 10, "pictures": 40}
    interval = {"auc": value, "low": value - 0.05, "high": value + 0.04}
    return {"detector": detector, "family": family, "seen": seen, **counts, **interval}


MATRIX = [row("sharpness", "swap", 0.4), row("sharpness", "mouth", 0.6), row("sharpness", "unseen families", 0.5)]
MATRIX += [row("lora", "swap", 0.9, True), row("lora", "mouth", 0.7), row("lora", "seen families", 0.9, True)]


def test_every_cell_says_its_auc_and_interval_and_seen_families_come_first() -> None:
    (heat,) = arena.matrix(MATRIX).data
    assert list(heat.y)[:2] == ["swap", "mouth"] and list(heat.x) == ["sharpness", "lora"]
    assert heat.text[0][1] == "<b>0.90</b> seen<br>0.85 to 0.94"
    assert heat.text[0][0] == "<b>0.40</b><br>0.35 to 0.44"
    assert "30 real, 10 forged" in heat.hovertext[0][0]


def test_the_colours_are_centred_at_chance() -> None:
    (heat,) = arena.matrix(MATRIX).data
    assert (heat.zmin, heat.zmid, heat.zmax) == (0, 0.5, 1)
    assert heat.colorscale[2] == (0.5, "#f7f7f7")


def test_a_cell_that_was_not_measured_is_empty() -> None:
    (heat,) = arena.matrix(MATRIX).data
    place = list(heat.y).index("<b>seen families</b>")
    assert heat.z[place][0] is None and heat.text[place][0] == "" and heat.hovertext[place][0] == "not measured"


def test_words_of_the_matrix() -> None:
    said = theme.alt(arena.matrix(MATRIX))
    assert "sharpness 0.400 on swap to 0.600 on mouth; lora 0.700 on mouth to 0.900 on swap" in said
    assert "None yet" in theme.alt(arena.matrix([]))


def damaged(detector: str, kind: str, severity: int, value: float) -> dict[str, Any]:
    interval = {"auc": value, "low": value - 0.1, "high": value + 0.1}
    return {"detector": detector, "kind": kind, "severity": severity, **interval}


DAMAGED = [damaged("lora", "none", 0, 0.8), damaged("lora", "blur", 1, 0.7), damaged("lora", "jpeg", 1, 0.6)]


def test_every_damage_starts_from_the_undamaged_point() -> None:
    figure = arena.robustness(DAMAGED)
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert [list(trace.y) for trace in lines] == [[0.8, 0.7], [0.8, 0.6]]
    assert [trace.showlegend for trace in lines] == [True, False]
    assert [annotation.text for annotation in figure.layout.annotations] == ["blur", "JPEG"]
    assert "lora 0.800 undamaged, at its worst severity blur 0.700, JPEG 0.600" in theme.alt(figure)


def test_the_band_goes_up_on_the_high_side_and_back_on_the_low_one() -> None:
    band = arena.robustness(DAMAGED).data[0]
    assert list(band.x) == [0, 1, 1, 0]
    assert list(band.y) == pytest.approx([0.9, 0.8, 0.6, 0.7])


BINS = [
    {"detector": "lora", "bin": 1, "count": 7, "predicted": 0.2, "observed": 0.5, "low": 0.3, "high": 0.8},
    {"detector": "lora", "bin": 2, "count": 8, "predicted": 0.7, "observed": 0.6, "low": 0.4, "high": 0.9},
]


def test_reliability_shows_counts_intervals_and_the_error() -> None:
    figure = arena.reliability(BINS, [{"detector": "lora", "ece": 0.2, "low": 0.1, "high": 0.3}])
    line, marks = figure.data
    assert list(line.x) == list(line.y) == [0, 1]
    assert list(marks.text) == ["7", "8"] and list(marks.x) == [0.2, 0.7]
    assert list(marks.error_y.array) == pytest.approx([0.3, 0.3])
    assert list(marks.error_y.arrayminus) == pytest.approx([0.2, 0.2])
    assert figure.layout.annotations[0].text == "lora<br>ECE 0.200 (0.100 to 0.300)"


@pytest.mark.parametrize("draw", [arena.matrix, arena.robustness, arena.reliability])
def test_nothing_yet_is_a_figure_too(draw: Any) -> None:
    assert "yet" in theme.alt(draw([]))


def test_half_a_run_is_drawn() -> None:
    assert arena.robustness(DAMAGED[:1]).data == ()
    assert "lora 0.800 undamaged" in theme.alt(arena.robustness(DAMAGED[:1]))


def test_what_was_trained_on_lies_on_the_diagonal() -> None:
    rows = [row(f"d-{own}", family, 0.9 if own == family else 0.6, own == family)
            for own in ("xray", "swap") for family in ("mouth", "swap", "xray")]  # fmt: skip
    rows += [row("d-swap", "unseen families", 0.6), row("sharpness", "swap", 0.5)]
    (heat,) = arena.cross(rows).data
    assert list(heat.y) == ["d-swap<br>on swap", "d-xray<br>on xray"]
    assert list(heat.x) == ["swap", "xray", "mouth", "<b>unseen<br>families</b>"]
    assert [[cell is not None and cell > 0.8 for cell in line[:2]] for line in heat.z] == [[True, False], [False, True]]
    assert heat.z[1][3] is None
    assert "d-swap on swap: 0.600 on unseen families" in theme.alt(arena.cross(rows))
    assert arena.trained_on(rows) == {"d-xray": ["xray"], "d-swap": ["swap"]}


def test_numbers_have_a_line_for_their_interval() -> None:
    mine = {"detector": "lora", "auc": 0.8, "low": 0.7, "high": 0.9, "eer": 0.2, "eer_low": 0.1, "eer_high": 0.3}
    figure = numbers.numbers([mine, {"detector": "old", "auc": 0.6, "eer": 0.4}])
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [tuple(trace.x) for trace in lines] == [(0.7, 0.9), (0.1, 0.3)]
    assert [annotation.text for annotation in figure.layout.annotations][:2] == ["AUC", "EER"]
    assert "lora: AUC 0.800 (0.700 to 0.900), EER 0.200 (0.100 to 0.300); old: AUC 0.600" in theme.alt(figure)
