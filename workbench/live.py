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
from workbench.figures.judgement import VERDICTS
from workbench.figures.theme import PAGE
from workbench.widgets.detect import CLIPS, SAMPLE

QUEUE_LIMIT = 16
ANSWER_WAIT_S = 60.0
KEPT_S = 300
"""Seconds after which Gradio's temporary files of uploads and answers are deleted."""
INTRODUCTION = f"""# Mien live
Scores are calibrated on rendered faces and a handful of forgery families. They are a reason to look closer, never
proof; faces that are too small, blurred or turned are not judged.

Bring only pictures you may show. They are judged on the machine that runs Mien; its temporary copies are deleted after
{KEPT_S // 60} minutes, and nothing is sent anywhere else. [Back to the workbench](/)"""

Annotated = tuple[np.ndarray, list[tuple[tuple[int, ...], str]]]


def build() -> gr.Blocks:
    """The app, to be mounted with `MOUNT`."""
    with gr.Blocks(title="Mien live", analytics_enabled=False, delete_cache=(60, KEPT_S)) as app:
        gr.Markdown(INTRODUCTION)
        with gr.Tab("Picture"):
            _picture_tab()
        with gr.Tab("Clip"):
            _clip_tab()
        with gr.Tab("Webcam"):
            _webcam_tab()
    app.queue(max_size=QUEUE_LIMIT, default_concurrency_limit=1)
    return app


def picture(path: str | None) -> tuple[Annotated, dict[str, Any]]:
    """Faces in a picture, with the scores of each detector and a verdict."""
    if not path:
        raise gr.Error("Choose a picture first.", print_exception=False)
    return _judged(Path(path).read_bytes())


def clip(path: str | None) -> dict[str, Any]:
    """A clip judged frame by frame."""
    if not path:
        raise gr.Error("Choose a clip first.", print_exception=False)
    answer: dict[str, Any] = _ask("clip", data=Path(path).read_bytes())["answer"]
    return answer


def webcam(frame: np.ndarray | None) -> tuple[Annotated, dict[str, Any]]:
    """Faces in one frame of the webcam, (H, W, 3) uint8 RGB."""
    if frame is None:
        raise gr.Error("Start the webcam first.", print_exception=False)
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=92)
    return _judged(buffer.getvalue())


def _picture_tab() -> None:
    with gr.Row():
        # Not gr.Image: that would decode the picture here, without our caps, before it is ours to refuse.
        given = gr.File(label="Picture", file_types=["image"], type="filepath", height=400)
        shown = _shown()
    button, words, answer = gr.Button("Judge", variant="primary"), gr.Markdown(), _answer()
    judge = button.click(picture, given, [shown, answer], api_name="picture", concurrency_id="judge")
    judge.then(_words, answer, words, api_visibility="private")
    gr.Examples([[str(SAMPLE)]], given, label="Sample photograph (NASA, public domain)")


def _clip_tab() -> None:
    given = gr.File(label="Clip", file_types=[f".{kind}" for kind in CLIPS], type="filepath")
    button, words, answer = gr.Button("Judge", variant="primary"), gr.Markdown(), _answer()
    judge = button.click(clip, given, answer, api_name="clip", concurrency_id="judge")
    judge.then(_words, answer, words, api_visibility="private")


def _webcam_tab() -> None:
    with gr.Row():
        given = gr.Image(sources=["webcam"], streaming=True, type="numpy", label="Webcam", height=360)
        shown = _shown()
    button, words, answer = gr.Button("Judge this frame", variant="primary"), gr.Markdown(), _answer()
    given.stream(
        webcam, given, [shown, answer], api_name="stream", api_visibility="private", concurrency_id="judge",
        stream_every=1, time_limit=120,
    )  # fmt: skip
    judge = button.click(webcam, given, [shown, answer], api_name="webcam", concurrency_id="judge")
    judge.then(_words, answer, words, api_visibility="private")


def _shown() -> gr.AnnotatedImage:
    return gr.AnnotatedImage(label="Faces", height=400, color_map=VERDICTS)


def _answer() -> gr.JSON:
    with gr.Accordion("The whole answer", open=False):
        return gr.JSON(show_label=False, open=True)


def _words(answer: dict[str, Any] | None) -> str:
    """The answer's sentences as a list."""
    return "\n".join(f"- {sentence}" for sentence in (answer or {}).get("words", []))


def _judged(data: bytes) -> tuple[Annotated, dict[str, Any]]:
    found = _ask("judge", data=data)
    verdicts = [face["verdict"] for face in found["answer"]["faces"]]
    boxes = [tuple(round(value) for value in box) for box in found["boxes"]]
    return (found["image"], list(zip(boxes, verdicts, strict=True))), found["answer"]


def _ask(name: str, **arguments: Any) -> dict[str, Any]:
    try:
        ticket = inference.ask(name, **arguments)
        if not ticket.wait(ANSWER_WAIT_S):
            ticket.cancel()
            if ticket.partial is not None:  # as far as a long clip was judged
                return dict(ticket.partial)
        answer: dict[str, Any] = ticket.result(0)
        return answer
    except MienError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _theme() -> gr.themes.Base:
    """The pages' look in Gradio's terms; fonts of the system, so that nothing is fetched."""
    sans, mono = ("Source Sans 3", "Helvetica Neue", "Arial", "sans-serif"), ("ui-monospace", "Consolas", "monospace")
    base = gr.themes.Base(primary_hue="sky", neutral_hue="stone", radius_size="sm", font=sans, font_mono=mono)
    return base.set(
        body_background_fill=PAGE["light"],
        body_background_fill_dark=PAGE["dark"],
        block_background_fill_dark="#1b2228",
        button_primary_background_fill="#1b5e8c",
        button_primary_background_fill_dark="#2f7aad",
        button_primary_background_fill_hover="#2f7aad",
        button_primary_text_color="white",
    )


MOUNT: dict[str, Any] = {
    "theme": _theme(),
    "max_file_size": "50mb",
    "show_error": False,
    "footer_links": ["api"],
    "allowed_paths": [str(SAMPLE.parent)],
    "root_path": "/live",
}
"""How to mount it: theme and limits, which in Gradio 6 belong to the mount and not to the Blocks. Sentences of
`gr.Error` are shown all the same; what else goes wrong is not."""
