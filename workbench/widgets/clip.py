"""A clip on the Detect page: it plays, and beside it each face that was followed, second by second, with the moments
that decide. What is judged so far is shown while the rest is judged, and stays when the rest is cancelled."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from workbench import inference
from workbench.figures import timeline
from workbench.widgets import waiting
from workbench.widgets.card import Source, card

LARGEST = "largest face"
_PLAYABLE = (b"ftyp", b"moov", b"mdat", b"wide", b"free")
Row = Mapping[str, Any]
Verdict = Callable[[dict[str, Any], dict[str, Any]], None]


def show(data: bytes, name: str, verdict: Verdict) -> None:
    """Judge and draw.

    Args:
        name: the clip's fingerprint. verdict: draws a verdict, its words and scores, and what stands behind them.
    """
    found, more = waiting.growing(f"clip:{name}", lambda: inference.ask("clip", data=data), "Judging the clip")
    if found is None:
        return
    answer = found["answer"]
    if not more and answer["progress"] < 1:
        st.warning(
            f"Stopped at {_length(answer):.0f} s, {answer['progress']:.0%} of the clip. What follows is said of this"
            " part alone.",
            icon=":material/content_cut:",
        )
        st.button("Judge it again", on_click=waiting.forget, args=(f"clip:{name}",), icon=":material/replay:")
    if answer["damaged_after_s"] is not None:
        early = f"The file is damaged or ends early: nothing after {answer['damaged_after_s']:.1f} s could be read."
        st.warning(early, icon=":material/broken_image:")
    track = _choose(answer["tracks"])
    player, words = st.columns([3, 2], gap="large")
    with player:
        _play(data)
        st.caption(_counted(answer))
    with words:
        verdict(_said(answer, track), found)
    if track is not None and answer["tracks"]:
        _figures(found, track)


def _choose(tracks: list[Row]) -> Row | None:
    """The face that is shown: the only one, or one of the few that were seen longest."""
    if len(tracks) < 2:
        return tracks[0] if tracks else None
    names = {f"Face {place + 1}": track for place, track in enumerate(tracks[:8])}
    chosen = st.segmented_control(
        "Face", list(names), default="Face 1", key="track", bind="query-params", required=True,
        help="Faces that were followed, those seen longest first. A cut ends a track.",
    )  # fmt: skip
    return names[str(chosen)]


def _said(answer: Row, track: Row | None) -> dict[str, Any]:
    """What the verdict's widget draws: of one track where there are several."""
    if track is None or len(answer["tracks"]) < 2:
        return dict(answer)
    span = f"Seen from {track['start_s']:.1f} to {track['end_s']:.1f} s, judged in {track['judged']} frames."
    return {**track, "words": [span, *track["words"]]}


def _play(data: bytes) -> None:
    if data[4:8] in _PLAYABLE or data.startswith(b"\x1aE\xdf\xa3"):
        kind = "video/webm" if data.startswith(b"\x1aE") else "video/mp4"
        st.video(data, kind, alt="Your clip", muted=True)
    else:
        st.info("Browsers do not play this kind of file; it is judged all the same.", icon=":material/movie:")


def _counted(answer: Row) -> str:
    judged = sum(bool(frame["scores"]) for frame in answer["frames"])
    cuts = "no cuts" if not answer["cuts"] else "1 cut" if answer["cuts"] == 1 else f"{answer['cuts']} cuts"
    faces = "1 face" if len(answer["tracks"]) == 1 else f"{len(answer['tracks'])} faces"
    return f"{_length(answer):.1f} s · {judged} of {len(answer['frames'])} frames judged · {faces} followed · {cuts}"


def _length(answer: Row) -> float:
    return float(answer["frames"][-1]["time_s"])


def _figures(found: Row, track: Row) -> None:
    answer, rows = found["answer"], _rows(found["answer"], track["track"])
    if not track["means"]:
        return
    source = Source("your clip, not kept · detectors trained on the face world", "mien detect YOUR-CLIP --json")
    lines = {name: [row["scores"].get(name) for row in rows] for name in track["means"]}
    figure = timeline.timeline(
        [row["time_s"] for row in rows], lines, tuple(answer["unsure"]), track["means"], track["worst_second"],
        track["moments"], _cuts(answer),
    )  # fmt: skip
    data = [{"time_s": row["time_s"], **row["scores"]} for row in rows]
    card("Second by second", figure, data, source, key="timeline", about="timeline")
    _moments(track["moments"], found["crops"][track["track"]])


def _rows(answer: Row, track: int) -> list[dict[str, Any]]:
    """Every frame with this face's scores, none where it is not seen."""
    found = []
    for frame in answer["frames"]:
        scores: dict[str, float] = next((face["scores"] for face in frame["faces"] if face["track"] == track), {})
        found.append({"time_s": frame["time_s"], "scores": scores})
    return found


def _cuts(answer: Row) -> list[float]:
    frames = answer["frames"]
    return [b["time_s"] for a, b in itertools.pairwise(frames) if b["shot"] != a["shot"]]


def _moments(moments: list[Row], crops: np.ndarray) -> None:
    st.markdown("## The moments that decide")
    st.caption("The frames that pull the mean hardest to its side, and the one that pulls hardest against it.")
    for column, moment, crop in zip(st.columns(5), moments, crops, strict=False):
        against = " · against" if moment["against"] else ""
        words = f"{moment['time_s']:.1f} s · score {moment['score']:.2f}{against}"
        column.image(crop, caption=words, width="stretch", alt=f"The face at {words}")
