"""From scores to words: what may be said of a face, and what may not.

Scores are calibrated P(forged) at even odds of real and forged. Inside the band `UNSURE`, or where detectors end on
different sides of it, nothing is claimed; nor of a face unlike all that the detectors were tested on (see `novelty`).
A face too small, blurred or turned is not scored at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

UNSURE = (0.3, 0.7)
"""Probabilities between these are called unsure."""

ABSTAIN, UNDECIDED, REAL, FAKE = "abstain", "unsure", "likely real", "likely fake"

NO_PROOF = (
    "This is no proof. A score is a probability at even odds of real and fake, calibrated on data like that the "
    "detector was trained on; how it holds on other pictures was not measured."
)


def verdict(scores: Mapping[str, float], reasons: Sequence[str] = (), novelty: float = 0.0) -> str:
    """abstain with reasons or without scores; likely real or likely fake if all detectors agree; else unsure.

    Above a novelty of 1 the picture is unlike all that the scores were tested on, and nothing is claimed.
    """
    if reasons or not scores:
        return ABSTAIN
    if novelty > 1:
        return UNDECIDED
    if all(score > UNSURE[1] for score in scores.values()):
        return FAKE
    if all(score < UNSURE[0] for score in scores.values()):
        return REAL
    return UNDECIDED


def words(scores: Mapping[str, float], reasons: Sequence[str] = (), novelty: float = 0.0) -> list[str]:
    """The verdict as a sentence with the scores, or the reasons for none."""
    if reasons or not scores:
        return ["Not judged.", *reasons]
    said = ", ".join(f"{name} {score:.2f}" for name, score in scores.items())
    if novelty > 1:
        return [
            f"Unsure: this face is unlike the pictures that the detectors were tested on ({novelty:.1f} times the "
            f"limit), so their scores ({said}) are shown and nothing is claimed."
        ]
    low, high = UNSURE
    sides = {(score > high) - (score < low) for score in scores.values()}
    if sides == {1}:
        return [f"Likely fake: every detector scores above {high:g} ({said})."]
    if sides == {-1}:
        return [f"Likely real: every detector scores below {low:g} ({said})."]
    if {1, -1} <= sides:
        return [f"Unsure: the detectors disagree ({said})."]
    return [f"Unsure: a score lies between {low:g} and {high:g} ({said})."]


def measured(name: str, card: Mapping[str, Any]) -> str:
    """What is known of a detector: what it was trained on and how well it did on what it had not seen."""
    figures = [_figure(row) for row in card.get("held_out") or [] if row.get("family") in _POOLS]
    known = f"On pictures held out of training its AUC is {' and '.join(figures)}." if figures else "It was not tested."
    return f"{name} was trained on {_TRAINED.get(card.get('data', ''), card.get('data') or 'data not named')}. {known}"


_POOLS = {"seen families": "forgeries of the kinds it was trained on", "unseen families": "kinds it never saw"}
_TRAINED = {"face world": "rendered faces and rendered forgeries, not on photographs"}


def _figure(row: Mapping[str, Any]) -> str:
    return f"{row['auc']:.2f} [{row['low']:.2f}, {row['high']:.2f}] for {_POOLS[row['family']]}"
