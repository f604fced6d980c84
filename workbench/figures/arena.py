"""The arena drawn: AUC by detector and family, robustness, reliability, and what each number stands beside.

AUC is the share of (real, forged) pairs in which the forgery has the higher score; 0.5 is chance. Intervals are 95 %,
by bootstrap over people or videos, but for reliability bins, whose intervals are Wilson's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme
from workbench.figures.auc import POOLS
from workbench.figures.kept import kept

Row = Mapping[str, Any]
DIVERGING = [[0.0, "#e08a2e"], [0.25, "#f2c088"], [0.5, "#f7f7f7"], [0.75, "#a9cbe8"], [1.0, "#5b9bd5"]]
"""Orange below chance, near-white at it, blue above: told apart by eyes with and without red and green,
and all light enough for dark words."""
DAMAGES = {
    "jpeg": "JPEG", "blur": "blur", "contrast": "less contrast", "block": "grey blocks", "resize": "lower resolution",
}  # fmt: skip


@kept
def matrix(rows: Sequence[Row]) -> go.Figure:
    """Families down, detectors across, AUC with its interval in each cell; "seen" where the detector trained on it.

    Args:
        rows: `{detector, family, seen, reals, fakes, auc, low, high}`.
    """
    return _heat(rows, _families(rows), _say_matrix(rows), down=True)


def _heat(rows: Sequence[Row], families: Sequence[str], said: str, down: bool) -> go.Figure:
    """AUC in cells; families go down, where a narrow window has room for many, or across."""
    detectors = _names(rows, "detector")
    cells = {(str(row["detector"]), str(row["family"])): row for row in rows}
    names = [_bold(family, " " if down else "<br>") for family in families]
    if down:
        grid, x, y, each = [[cells.get((d, f)) for d in detectors] for f in families], detectors, names, 44
    else:
        grid, x, y, each = [[cells.get((d, f)) for f in families] for d in detectors], names, detectors, 66
    figure = theme.new(said, height=190 + each * max(1, len(y)))
    figure.add_heatmap(
        z=[[row and row["auc"] for row in line] for line in grid],
        x=x, y=y, zmin=0, zmid=0.5, zmax=1, colorscale=DIVERGING,
        text=[[_cell(row) for row in line] for line in grid], texttemplate="%{text}", xgap=2, ygap=2,
        textfont={"size": 12, "color": theme.INK["light"]},
        hovertext=[[_hover(row) for row in line] for line in grid], hoverinfo="text",
        colorbar={"title": {"text": "AUC", "side": "top"}, "orientation": "h", "y": 0, "yanchor": "top",
                  "thickness": 12, "tickvals": [0, 0.5, 1], "ticktext": ["0", "0.5 chance", "1"], "tickangle": 0},
    )  # fmt: skip
    figure.update_xaxes(side="top", showgrid=False, ticks="", tickangle=0)
    return figure.update_yaxes(autorange="reversed", showgrid=False, ticks="").update_layout(margin_t=56, margin_b=16)


def trained_on(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Detector -> the families it was trained on, of those that were trained on any here."""
    seen: dict[str, list[str]] = {}
    for row in rows:
        if row["seen"] and row["family"] not in POOLS:
            seen.setdefault(str(row["detector"]), []).append(str(row["family"]))
    return seen


@kept
def cross(rows: Sequence[Row]) -> go.Figure:
    """The cross-manipulation matrix: detectors down, those that were trained on some families here, named by these.

    Families stand in the order of the detectors that saw them, so that what was trained on lies on the diagonal.
    """
    seen = trained_on(rows)
    ordered = sorted(seen, key=lambda name: (len(seen[name]), seen[name]))
    first = list(dict.fromkeys(family for name in ordered for family in seen[name]))
    names = {name: f"{name}<br>on {', '.join(seen[name])}" for name in ordered}
    mine = [{**row, "detector": names[row["detector"]]} for name in ordered for row in rows if row["detector"] == name]
    others = sorted({str(row["family"]) for row in mine} - set(first) - set(POOLS))
    pools = [pool for pool in POOLS if any(row["family"] == pool for row in mine)]
    return _heat(mine, [*first, *others, *pools], _say_cross(mine), down=False)


@kept
def robustness(rows: Sequence[Row]) -> go.Figure:
    """AUC against severity, one panel a damage, a band for each detector's interval; severity 0 is undamaged.

    Args:
        rows: `{detector, kind, severity, auc, low, high}`; kind "none" is severity 0 of every panel.
    """
    detectors = _names(rows, "detector")
    kinds = [kind for kind in _names(rows, "kind") if kind != "none"]
    titles = [DAMAGES.get(kind, kind) for kind in kinds]
    figure = theme.new(_say_robustness(rows, kinds), height=380)
    if kinds:
        frame = make_subplots(1, len(kinds), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.02)
        figure = theme.titled(go.Figure(frame).update_layout(figure.layout))
    for number, detector in enumerate(detectors):
        for place, kind in enumerate(kinds, start=1):
            mine = [row for row in rows if row["detector"] == detector and row["kind"] in ("none", kind)]
            _band(figure, sorted(mine, key=lambda row: row["severity"]), number, place)
    figure.update_xaxes(title_text="severity", dtick=1).update_yaxes(title_text="")
    figure.update_yaxes(title_text="AUC", col=1, row=1) if kinds else figure.update_yaxes(title_text="AUC")
    return figure.update_layout(legend={"y": 1.12}, margin_t=76)


@kept
def reliability(rows: Sequence[Row], errors: Sequence[Row] = ()) -> go.Figure:
    """Share of forgeries that came against the probability promised, one panel a detector; on the line is honest.

    Args:
        rows: `{detector, bin, count, predicted, observed, low, high}`.
        errors: `{detector, ece, low, high}`, said in the panels' titles.
    """
    detectors = _names(rows, "detector")
    ece = {str(row["detector"]): f"<br>ECE {row['ece']:.3f} ({row['low']:.3f} to {row['high']:.3f})" for row in errors}
    figure = theme.new(_say_reliability(rows, errors), height=430)
    if detectors:
        titles = [detector + ece.get(detector, "") for detector in detectors]
        frame = make_subplots(1, len(detectors), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.04)
        figure = theme.titled(go.Figure(frame).update_layout(figure.layout))
    for number, detector in enumerate(detectors):
        _bins(figure, [row for row in rows if row["detector"] == detector], number)
    figure.update_xaxes(title_text="promised P(forged)", range=[-0.03, 1.03]).update_yaxes(range=[-0.03, 1.03])
    if detectors:
        figure.update_yaxes(title_text="share forged", col=1, row=1)
    return figure.update_layout(showlegend=False, margin_t=76)


def _band(figure: go.Figure, rows: Sequence[Row], number: int, place: int) -> None:
    colour = theme.CATEGORICAL[number % len(theme.CATEGORICAL)]
    name, x = str(rows[0]["detector"]), [row["severity"] for row in rows]
    edge = [row["high"] for row in rows] + [row["low"] for row in reversed(rows)]
    figure.add_scatter(
        x=[*x, *reversed(x)], y=edge, fill="toself", fillcolor=theme.translucent(colour, 0.16), line={"width": 0},
        mode="lines", hoverinfo="skip", showlegend=False, legendgroup=name, row=1, col=place,
    )  # fmt: skip
    text = [f"{name}, severity {r['severity']}: {r['auc']:.3f} ({r['low']:.3f} to {r['high']:.3f})" for r in rows]
    figure.add_scatter(
        x=x, y=[row["auc"] for row in rows], mode="lines+markers", name=name, legendgroup=name, showlegend=place == 1,
        line={"color": colour, "dash": theme.DASHES[number % len(theme.DASHES)]}, hovertext=text, hoverinfo="text",
        marker={"symbol": theme.SYMBOLS[number % len(theme.SYMBOLS)], "size": 7}, row=1, col=place,
    )  # fmt: skip


def _bins(figure: go.Figure, rows: Sequence[Row], number: int) -> None:
    colour, place = theme.CATEGORICAL[number % len(theme.CATEGORICAL)], number + 1
    diagonal = {"color": theme.GREY, "width": 1, "dash": "dot"}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=diagonal, hoverinfo="skip", row=1, col=place)
    y = [row["observed"] for row in rows]
    figure.add_scatter(
        x=[row["predicted"] for row in rows], y=y, mode="lines+markers+text", line={"color": colour, "width": 1.5},
        marker={"symbol": theme.SYMBOLS[number % len(theme.SYMBOLS)], "size": 9},
        error_y={"array": [r["high"] - r["observed"] for r in rows], "color": colour, "thickness": 1.2,
                 "arrayminus": [r["observed"] - r["low"] for r in rows]},
        text=[str(row["count"]) for row in rows], textposition="bottom right", textfont={"size": 11},
        hovertext=[f"promised {r['predicted']:.3f}, came {r['observed']:.3f} ({r['low']:.3f} to {r['high']:.3f}), "
                   f"{r['count']} pictures" for r in rows],
        hoverinfo="text", cliponaxis=False, row=1, col=place,
    )  # fmt: skip


def _names(rows: Sequence[Row], column: str) -> list[str]:
    return list(dict.fromkeys(str(row[column]) for row in rows))


def _families(rows: Sequence[Row]) -> list[str]:
    """Families that some detector trained on, then the others, then the pools."""
    seen = {str(row["family"]) for row in rows if row["seen"]}
    return sorted(_names(rows, "family"), key=lambda name: (name in POOLS, name not in seen, name))


def _bold(family: str, space: str) -> str:
    return f"<b>{family.replace(' ', space)}</b>" if family in POOLS else family


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    seen = " seen" if row["seen"] and row["family"] not in POOLS else ""
    return f"<b>{row['auc']:.2f}</b>{seen}<br>{row['low']:.2f} to {row['high']:.2f}"


def _hover(row: Row | None) -> str:
    if row is None:
        return "not measured"
    interval = f"{row['auc']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
    return f"{row['detector']} on {row['family']}: {interval}, {row['reals']} real, {row['fakes']} forged"


def _say_matrix(rows: Sequence[Row]) -> str:
    parts = []
    for detector in _names(rows, "detector"):
        mine = [row for row in rows if row["detector"] == detector and row["family"] not in POOLS]
        best, worst = (pick(mine, key=lambda row: row["auc"]) for pick in (max, min))
        parts.append(f"{detector} {worst['auc']:.3f} on {worst['family']} to {best['auc']:.3f} on {best['family']}")
    return f"AUC of each detector on each family. {'; '.join(parts) or 'None yet'}."


def _say_cross(rows: Sequence[Row]) -> str:
    parts = []
    for detector in _names(rows, "detector"):
        pools = [row for row in rows if row["detector"] == detector and row["family"] in POOLS]
        ends = ", ".join(f"{row['auc']:.3f} on {row['family']}" for row in pools)
        parts.append(f"{detector.replace('<br>', ' ')}: {ends}")
    return f"AUC by the families trained on and the family tested on. {'; '.join(parts) or 'None yet'}."


def _say_robustness(rows: Sequence[Row], kinds: Sequence[str]) -> str:
    parts = []
    for detector in _names(rows, "detector"):
        mine = [row for row in rows if row["detector"] == detector]
        plain = next((row["auc"] for row in mine if row["kind"] == "none"), None)
        ends = [[row for row in mine if row["kind"] == kind] for kind in kinds]
        last = [f"{DAMAGES.get(end[-1]['kind'], end[-1]['kind'])} {end[-1]['auc']:.3f}" for end in ends if end]
        parts.append(
            f"{detector} {plain:.3f} undamaged, at its worst severity {', '.join(last)}" if plain else detector
        )
    return f"AUC against the severity of damage. {'; '.join(parts) or 'None yet'}."


def _say_reliability(rows: Sequence[Row], errors: Sequence[Row]) -> str:
    parts = [f"{row['detector']} {row['ece']:.3f} ({row['low']:.3f} to {row['high']:.3f})" for row in errors]
    return (
        f"Share forged against the promised probability. Expected calibration error: {'; '.join(parts) or 'none yet'}."
    )
