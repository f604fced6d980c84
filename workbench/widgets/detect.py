"""The pieces of the Detect page: where the picture comes from, its faces, and why the detectors say what they say.

What a visitor brings stays in memory: it goes to the inference process as bytes, is never written to disk, never
logged, and never part of an address.
"""

import hashlib
from pathlib import Path
from typing import Any

import streamlit as st

from workbench import inference
from workbench.figures import attribution, judgement
from workbench.widgets import clip, waiting
from workbench.widgets.card import Source, card, plot

SAMPLE = Path(__file__).resolve().parents[2] / "assets" / "media" / "astronaut.jpg"
PICTURES, CLIPS = ("jpg", "jpeg", "png", "webp", "bmp", "gif"), ("mp4", "mov", "webm", "avi", "mkv")
CONSENT = (
    "Bring only pictures you may show. They are judged in memory on the machine that runs Mien and not kept;"
    " nothing is sent anywhere else."
)
VERDICTS = {
    "likely real": ("Looks real to these detectors", "blue"),
    "likely fake": ("Looks forged to these detectors", "orange"),
    "unsure": ("The detectors do not know", "yellow"),
    "abstain": ("Not fit to be judged", "gray"),
}
"""Verdict -> its words and the badge's colour."""
MEASURES = {
    "size_px": ("between the eyes", "{:.0f} px"),
    "sharpness": ("sharpness, 0 to 1", "{:.2f}"),
    "yaw_deg": ("turned sideways", "{:.0f}°"),
    "pitch_deg": ("turned up or down", "{:.0f}°"),
    "roll_deg": ("leaning", "{:.0f}°"),
}
"""What was measured of a face -> its words and its form."""
_MAX_MB = 50


def show() -> None:
    """Draw the source, then what was found in it."""
    kind, data = _source()
    if data is None:
        st.info("Choose a picture or a clip above; it is judged at once.", icon=":material/add_photo_alternate:")
    elif kind == "clip":
        clip.show(data, fingerprint(data), _verdict)
    else:
        _picture(data, sample=kind == "sample")


def _source() -> tuple[str, bytes | None]:
    kinds = {"sample": "Sample photograph", "file": "Photograph or clip", "camera": "Camera"}
    kind = st.segmented_control(
        "From", list(kinds.values()), default=kinds["sample"], key="from", bind="query-params", required=True
    )
    if kind == kinds["sample"]:
        st.caption("Eileen Collins, NASA portrait, public domain.")
        return "sample", SAMPLE.read_bytes()
    if kind == kinds["camera"]:
        st.caption(f"{CONSENT} For a stream, or from a script: [the live page](/live/).")
        shot = st.camera_input("Take a picture", key="camera", width=480)
        return "picture", shot.getvalue() if shot else None
    st.caption(CONSENT)
    file = st.file_uploader(
        "Photograph or clip", [*PICTURES, *CLIPS], key="file", max_upload_size=_MAX_MB, label_visibility="collapsed"
    )
    moving = file is not None and Path(file.name).suffix.lower().lstrip(".") in CLIPS
    return "clip" if moving else "picture", file.getvalue() if file else None


def _picture(data: bytes, sample: bool) -> None:
    name = fingerprint(data)
    found = waiting.answer(f"judge:{name}", lambda: inference.ask("judge", keep=sample, data=data), "Looking for faces")
    if found is None:
        return
    faces = found["answer"]["faces"]
    picture, words = st.columns([3, 2], gap="large")
    with picture:
        plot(judgement.faces(found["image"], found["boxes"], [face["verdict"] for face in faces]), key="faces")
        width, height = found["answer"]["size"]
        count = "1 face" if len(faces) == 1 else f"{len(faces)} faces"
        st.caption(f"{count} found in {width} × {height} pixels.")
    with words:
        if not faces:
            st.warning(
                "No face was found. Use a picture in which a face is at least 40 pixels wide and not turned away.",
                icon=":material/person_off:",
            )
            return
        number = _choose_face(len(faces))
        _verdict(faces[number], found)
    _why(found["crops"][number], f"{name}-{number}", faces[number], sample)


def _choose_face(count: int) -> int:
    if count == 1:
        return 0
    return int(st.selectbox("Face", range(1, count + 1), key="face", bind="query-params", width=120)) - 1


def _verdict(judged: dict[str, Any], found: dict[str, Any]) -> None:
    """The verdict of a face or a clip, its words and scores, and what stands behind them."""
    title, colour = VERDICTS[judged["verdict"]]
    st.badge(judged["verdict"], color=colour)  # type: ignore[arg-type]
    st.markdown(f"## {title}")
    behind = {found["caution"], *found["known"]}
    for sentence in judged["words"]:
        if sentence not in behind:
            st.write(sentence)
    scores = judged.get("scores") or judged.get("means") or {}
    if scores:
        plot(judgement.scores(scores, judged["verdict"], tuple(found["answer"]["unsure"])), key="scores")
    st.caption(found["caution"])
    with st.expander("What is known of the detectors"):
        for sentence in found["known"]:
            st.write(sentence)
    if quality := judged.get("quality"):
        with st.expander("Quality of the face"):
            for name, (words, form) in MEASURES.items():
                st.markdown(f"{words}: **{form.format(quality[name])}**")


def _why(crop: Any, name: str, face: dict[str, Any], sample: bool) -> None:
    if not face["scores"]:
        return
    st.markdown("## Why")
    source = _source_of(sample)
    names = list(face["scores"])
    detector = str(
        st.segmented_control("Detector", names, default=names[0], key="detector", bind="query-params", required=True)
    )
    found = waiting.answer(
        f"explain:{name}-{detector}",
        lambda: inference.ask("explain", keep=sample, crop=crop, detector=detector),
        "Computing the map, its control and the deletion test",
    )
    if found is None:
        return
    (st.success if found["significant"] else st.warning)(found["words"], icon=":material/rule:")
    maps = {"detector": found["map"], "shuffled weights": found["control"]}
    figure = attribution.overlay(found["face"], maps)
    card("What moved the score", figure, {**maps, "face": found["face"]}, source, key="map", about="attribution")
    curves = {"map": found["deletion"], "control": found["control_deletion"], "elsewhere": found["random"]}
    figure = attribution.deletion(found["covered"], curves)
    card("Deletion test", figure, {"covered": found["covered"], **curves}, source, key="deletion", about="deletion")


def fingerprint(data: bytes) -> str:
    """A name for a picture that says nothing about it."""
    return hashlib.blake2s(data, digest_size=8).hexdigest()


def _source_of(sample: bool) -> Source:
    what = "sample photograph, NASA, public domain" if sample else "your picture, not kept"
    path = "assets/media/astronaut.jpg" if sample else "YOUR-PICTURE"
    return Source(f"{what} · detectors trained on the face world", f"mien detect {path} --json")
