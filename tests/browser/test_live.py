"""/live through Gradio's own client, as a script would use it."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from workbench.widgets.detect import SAMPLE

gradio_client = pytest.importorskip("gradio_client")


@pytest.fixture(scope="module")
def client(address: str) -> Any:
    return gradio_client.Client(f"{address}/live", verbose=False)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of the sample photograph."""
    path = tmp_path / "clip.mp4"
    frame = av.VideoFrame.from_ndarray(np.asarray(Image.open(SAMPLE).convert("RGB")), format="rgb24")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=4)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        for _ in range(8):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def send(path: Path) -> Any:
    return gradio_client.handle_file(str(path))


def test_the_endpoints_have_names_and_no_others_are_public(client: Any) -> None:
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/picture", "/clip", "/webcam"}


@pytest.mark.parametrize("endpoint", ["/picture", "/webcam"])
def test_a_picture_is_judged_by_two_detectors(client: Any, endpoint: str) -> None:
    shown, answer = client.predict(send(SAMPLE), api_name=endpoint)
    (face,) = answer["faces"]
    assert len(face["scores"]) >= 2
    assert all(0 <= score <= 1 for score in face["scores"].values())
    assert face["verdict"] in {"likely real", "likely fake", "unsure", "abstain"}
    assert len(shown["annotations"]) == 1
    assert any("no proof" in sentence for sentence in answer["words"])


def test_a_clip_is_judged_frame_by_frame(client: Any, clip: Path) -> None:
    answer = client.predict(send(clip), api_name="/clip")
    assert answer["kind"] == "clip"
    assert len(answer["frames"]) == 8
    assert set(answer["means"]) == set(answer["frames"][0]["scores"])


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("words.jpg", b"hello there", "not a picture"),
        ("empty.jpg", b"", "empty"),
        ("cut.jpg", SAMPLE.read_bytes()[:9000], "damaged or cut off"),
    ],
)
def test_bad_pictures_get_a_sentence(client: Any, tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Exception, match=sentence):
        client.predict(send(tmp_path / name), api_name="/picture")


def test_something_that_is_no_clip_gets_a_sentence(client: Any, tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_bytes(b"hello there")
    with pytest.raises(Exception, match=r"Send an MP4"):
        client.predict(send(tmp_path / "words.mp4"), api_name="/clip")


def test_a_file_over_the_limit_is_refused(client: Any, tmp_path: Path) -> None:
    (tmp_path / "large.jpg").write_bytes(b"\xff\xd8" + bytes(51 * 2**20))
    with pytest.raises(Exception):  # noqa: B017 the client tells an upload that was cut in its own ways
        client.predict(send(tmp_path / "large.jpg"), api_name="/picture")
    assert client.predict(send(SAMPLE), api_name="/picture")[1]["faces"], "and the next one is judged"
