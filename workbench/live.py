"""The Gradio app at /live: judging pictures, clips and webcam frames by hand or through a client.

    from gradio_client import Client, handle_file
    Client("http://127.0.0.1:8501/live").predict(handle_file("photo.jpg"), api_name="/picture")

Named endpoints: `/picture`, `/clip`, `/webcam`. Each returns the JSON that `mien detect --json` prints. Pictures go to
the inference process that the pages use, one at a time; the queue and the size of files are bounded.
"""

import io
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from engines.errors import MienError
from workbench import inference
from workbench.widgets.detect import CONSENT, SAMPLE

QUEUE_LIMIT = 16
ANSWER_WAIT_S = 60.0
MAX_FILE_SIZE = "50mb"
_COLOURS = {"likely real": "#0072b2", "likely fake": "#d55e00", "unsure": "#a67c00", "abstain": "#6b7785"}
_MEANING = (
    "Scores are calibrated on rendered faces and a handful of forgery families. They are a reason to look closer, never"
    " proof; faces that are too small, blurred or turned are not judged."
)

Annotated = tuple[np.ndarray, list[tuple[tuple[int, int, int, int], str]]]


def build() -> gr.Blocks:
    """The app, to be mounted with `MOUNT`."""
    with gr.Blocks(title="Mien live", analytics_enabled=False, delete_cache=(300, 300)) as app:
        gr.Markdown(f"# Mien live\n{_MEANING} {CONSENT}")
        with gr.Tab("Picture"):
            _picture_tab()
        with gr.Tab("Clip"):
            _clip_tab()
        with gr.Tab("Webcam"):
            _webcam_tab()
    app.queue(max_size=QUEUE_LIMIT, default_concurrency_limit=1)
    return app


def picture(path: str | None) -> tuple[Annotated | None, dict[str, Any]]:
    """Faces in a picture, with the scores of each detector and a verdict."""
    if not path:
        raise gr.Error("Choose a picture first.", print_exception=False)
    found = _ask("judge", data=Path(path).read_bytes())
    return _annotated(found), found["answer"]


def clip(path: str | None) -> dict[str, Any]:
    """A clip judged frame by frame."""
    if not path:
        raise gr.Error("Choose a clip first.", print_exception=False)
    answer: dict[str, Any] = _ask("clip", data=Path(path).read_bytes())["answer"]
    return answer


def webcam(frame: np.ndarray | None) -> tuple[Annotated | None, dict[str, Any]]:
    """Faces in one frame of the webcam."""
    if frame is None:
        return None, {"faces": []}
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=92)
    found = _ask("judge", data=buffer.getvalue())
    return _annotated(found), found["answer"]


def _picture_tab() -> None:
    with gr.Row():
        given = gr.Image(type="filepath", sources=["upload", "clipboard"], label="Picture", height=420)
        shown = gr.AnnotatedImage(label="Faces", height=420, color_map=_COLOURS)
    answer = gr.JSON(label="What the detectors say", open=True)
    gr.Button("Judge", variant="primary").click(
        picture, given, [shown, answer], api_name="picture", concurrency_id="judge"
    )
    if SAMPLE.exists():
        gr.Examples([[str(SAMPLE)]], given, label="Sample photograph (NASA, public domain)")


def _clip_tab() -> None:
    given = gr.File(label="Clip", file_types=[".mp4", ".mov", ".webm", ".avi", ".mkv"], type="filepath")
    answer = gr.JSON(label="What the detectors say", open=True)
    gr.Button("Judge", variant="primary").click(clip, given, answer, api_name="clip", concurrency_id="judge")


def _webcam_tab() -> None:
    with gr.Row():
        given = gr.Image(sources=["webcam"], streaming=True, type="numpy", label="Webcam", height=360)
        shown = gr.AnnotatedImage(label="Faces", height=360, color_map=_COLOURS)
    answer = gr.JSON(label="What the detectors say", open=True)
    given.stream(
        webcam, given, [shown, answer], api_name="webcam", concurrency_id="judge", stream_every=1.0, time_limit=120
    )


def _ask(name: str, **arguments: Any) -> dict[str, Any]:
    try:
        ticket = inference.ask(name, **arguments)
        if not ticket.wait(ANSWER_WAIT_S):
            ticket.cancel()
        answer: dict[str, Any] = ticket.result(0)
        return answer
    except MienError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _annotated(found: dict[str, Any]) -> Annotated:
    verdicts = [face["verdict"] for face in found["answer"]["faces"]]
    boxes = [tuple(round(value) for value in box) for box in found["boxes"]]
    return found["image"], list(zip(boxes, verdicts, strict=True))


def _theme() -> gr.themes.Base:
    """The pages' look in Gradio's terms; fonts of the system, so that nothing is fetched."""
    sans, mono = ("Source Sans 3", "Helvetica Neue", "Arial", "sans-serif"), ("ui-monospace", "Consolas", "monospace")
    return gr.themes.Base(primary_hue="sky", neutral_hue="stone", radius_size="sm", font=sans, font_mono=mono)


MOUNT: dict[str, Any] = {
    "theme": _theme(),
    "max_file_size": MAX_FILE_SIZE,
    "show_error": False,
    "footer_links": ["api"],
}
"""How to mount it: theme and limits, which in Gradio 6 belong to the mount and not to the Blocks."""
