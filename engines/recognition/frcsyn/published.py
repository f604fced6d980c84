"""The challenge's published leaderboards, as its site prints them (FRCSyn/frcsyn.github.io, read at commit 08e3fbc).

These were measured on the organisers' databases and never stand without their source beside numbers of another
world. The site titles tables 2.1 to 2.3 "Bias Mitigation"; they are the performance task. Of the first edition only the
winners are kept, with what the site says of them.
"""

from typing import Any

SOURCE = "FRCSyn site, 2nd edition (CVPR 2024), official databases"
FIRST_SOURCE = "FRCSyn site, 1st edition (WACV 2024), official databases"

_NAMES = ["to", "avg", "sd", "fnmr", "auc", "gap"]
_TASK_1 = {
    "1.1": """ID R&D 96.73 97.55 0.82 3.17 99.57 -5.31
ADMIS 94.30 95.10 0.80 11.38 98.96 1.47
SRCN_AIVL 94.06 95.12 1.07 10.72 98.83 -0.54
OPDAI 93.75 94.92 1.17 11.85 99.51 1.02
CTAI 93.21 94.74 1.53 14.38 98.33 -0.63
K-IBS-DS 92.91 94.11 1.20 15.03 98.47 1.58""",
    "1.2": """ID R&D 96.73 97.55 0.82 3.17 99.57 -5.31
ADMIS 95.72 96.50 0.78 6.33 99.51 -0.56
OPDAI 94.12 95.22 1.11 10.78 98.92 0.71
INESC-IGD 94.05 95.22 1.17 11.03 98.70 1.04
K-IBS-DS 93.72 94.88 1.16 12.75 99.66 0.77
CTAI 93.21 94.74 1.53 14.38 98.33 -0.63""",
    "1.3": """ADMIS 96.50 97.25 0.75 3.90 99.72 -1.33
K-IBS-DS 96.17 96.92 0.75 5.88 99.54 -1.37
UNICA-IGD-LSI 96.00 96.70 0.70 5.90 99.49 -5.33
OPDAI 95.96 96.80 0.84 4.90 99.54 -0.03
INESC-IGD 95.65 96.33 0.67 6.15 99.18 -0.12
CBSR-Samsung 95.57 96.54 0.97 5.00 99.41 -24.43""",
}
_TASK_2 = {
    "2.1": """OPDAI 91.93 17.63 97.30 3.09
ID R&D 91.86 10.36 97.48 2.99
ADMIS 91.19 20.41 97.04 2.78
K-IBS-DS 91.05 24.87 96.09 2.60
CTAI 90.59 21.88 96.40 -1.94
BOVIFOCR-UFPR 89.97 24.04 96.70 3.71""",
    "2.2": """Idiap-SynthDistill 93.50 9.17 97.17 -0.05
ADMIS 92.92 14.45 97.76 0.21
OPDAI 92.04 16.48 97.41 3.00
ID R&D 91.86 10.36 97.48 2.99
K-IBS-DS 91.61 22.48 96.54 1.96
CTAI 90.59 21.88 96.40 -1.94""",
    "2.3": """K-IBS-DS 95.42 9.49 98.14 -2.15
OPDAI 95.23 7.54 98.70 -0.52
CTAI 94.56 8.85 98.41 -6.01
CBSR-Samsung 94.20 8.62 98.17 -4.40
ADMIS 94.15 10.99 98.46 -1.10
ID R&D 94.05 8.00 98.16 0.07""",
}
_FIRST = {
    "1.1": {"team": "LENS", "to": 92.25, "avg": 93.54, "sd": 1.28, "fnmr": 15.25, "gap": -0.74},
    "1.2": {"team": "CBSR", "to": 95.25, "avg": 96.45, "sd": 1.20, "fnmr": 8.68, "gap": -2.10},
    "2.1": {"team": "BOVIFOCR-UFPR", "avg": 90.50, "fnmr": 20.83, "gap": 2.66},
    "2.2": {"team": "CBSR", "avg": 94.95, "fnmr": 10.82, "gap": -3.69},
}
"""Sub-tasks of the first edition: 1.1 and 2.1 synthetic data alone, 1.2 and 2.2 mixed."""


def leaderboard(subtask: str) -> list[dict[str, Any]]:
    """The six best of a sub-task of the second edition, in the site's order: {team, to, avg, sd, fnmr, auc, gap}, all
    in per cent, and `real`, the AVG of the team's real-data system that follows from AVG and GAP."""
    names = _NAMES if subtask in _TASK_1 else [name for name in _NAMES if name not in ("to", "sd")]
    rows = []
    for rank, line in enumerate((_TASK_1 | _TASK_2)[subtask].splitlines(), start=1):
        team, *values = line.rsplit(" ", len(names))
        numbers = {name: float(value) for name, value in zip(names, values, strict=True)}
        real = numbers["avg"] * (1 + numbers["gap"] / 100)
        rows.append({"subtask": subtask, "team": team, "rank": rank, **numbers, "real": round(real, 2)})
    return rows


def first_edition() -> list[dict[str, Any]]:
    """The winners of the first edition."""
    return [{"subtask": name, **row} for name, row in _FIRST.items()]
