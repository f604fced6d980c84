"""Photographs: every mode comes back as upright uint8 RGB; everything else is a sentence."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engines.data import images
from engines.data.images import read_image
from engines.errors import BadInput


def encoded(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def corners(width: int = 24, height: int = 16) -> Image.Image:
    """Red top left, green top right, blue below."""
    array = np.zeros((height, width, 3), np.uint8)
    array[: height // 2, : width // 2, 0] = 255
    array[: height // 2, width // 2 :, 1] = 255
    array[height // 2 :, :, 2] = 255
    return Image.fromarray(array)


@pytest.mark.parametrize("format", ["PNG", "BMP", "WEBP", "GIF"])
def test_lossless_formats_come_back_exactly(format: str) -> None:
    options = {"lossless": True} if format == "WEBP" else {}
    image = read_image(encoded(corners(), format, **options))
    assert image.dtype == np.uint8 and image.shape == (16, 24, 3) and image.flags.c_contiguous and image.flags.writeable
    assert np.array_equal(image, np.asarray(corners()))


def test_bytes_path_and_file_are_the_same(tmp_path: Path) -> None:
    content = encoded(corners(), "JPEG", quality=95)
    (tmp_path / "picture.txt").write_bytes(content)  # the name does not matter
    expected = read_image(content)
    assert np.abs(expected.astype(int) - np.asarray(corners())).mean() < 10
    assert np.array_equal(read_image(tmp_path / "picture.txt"), expected)
    assert np.array_equal(read_image(io.BytesIO(content)), expected)


def test_transparency_becomes_white() -> None:
    half = Image.new("RGBA", (4, 4), (200, 0, 0, 128))
    assert read_image(encoded(half))[0, 0].tolist() == [227, 127, 127]  # 200 * 128/255 + 255 * 127/255, rounded
    assert read_image(encoded(Image.new("LA", (4, 4), (0, 0))))[0, 0].tolist() == [255, 255, 255]
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert read_image(encoded(palette))[0, 0].tolist() == [10, 20, 30]
    assert read_image(encoded(palette, transparency=1))[0, 0].tolist() == [255, 255, 255]


def test_sixteen_bits_become_eight_without_clipping() -> None:
    levels = np.array([[0, 255, 256, 32768, 65535]], np.uint16)
    assert read_image(encoded(Image.fromarray(levels)))[0, :, 0].tolist() == [0, 0, 1, 128, 255]
    assert read_image(_png_rgb16(0x80FF, 0x00FF, 0xFF00))[0, 0].tolist() == [128, 0, 255]


def _png_rgb16(*colour: int) -> bytes:
    """One pixel of 16 bits a channel, which Pillow cannot write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" + struct.pack(">3H", *colour)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def test_grey_one_bit_and_cmyk_become_rgb() -> None:
    assert read_image(encoded(Image.new("L", (3, 3), 77)))[1, 1].tolist() == [77, 77, 77]
    assert read_image(encoded(Image.new("1", (3, 3), 1)))[1, 1].tolist() == [255, 255, 255]
    cmyk = read_image(encoded(Image.new("RGB", (16, 16), (250, 10, 10)).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(cmyk[8, 8].astype(int) - [250, 10, 10]).max() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_carried_out(orientation: int) -> None:
    upright = corners(48, 32)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = read_image(encoded(stored, "JPEG", quality=95, exif=exif))
    assert image.shape == (32, 48, 3)
    assert image[4, 4].argmax() == 0 and image[4, 43].argmax() == 1 and image[27, 4].argmax() == 2


def test_of_an_animation_the_first_frame_is_the_picture() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "lime")]
    for format in ("GIF", "PNG", "WEBP"):
        content = encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=50)
        assert np.abs(read_image(content)[4, 4].astype(int) - [255, 0, 0]).max() < 8, format


def test_a_twelve_megapixel_photograph_passes() -> None:
    assert read_image(encoded(Image.new("RGB", (4032, 3024), (90, 80, 70)), "JPEG")).shape == (3024, 4032, 3)


@pytest.mark.filterwarnings("ignore")
def test_thirteen_thousand_pixels_a_side_are_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(Image.new("1", (13_000, 13_000)))
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("a pixel was decoded"))
    with pytest.raises(BadInput, match="pixels"):
        read_image(content)


@pytest.mark.filterwarnings("error")
def test_pillow_s_own_warning_is_a_refusal() -> None:
    with pytest.raises(BadInput, match="limit of pixels"):
        read_image(encoded(Image.new("1", (13_000, 13_000))))


@pytest.mark.parametrize("size", [(8193, 1), (1, 8193), (8000, 5001)])
def test_the_caps_are_on_sides_and_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match=f"{size[0]:,} x {size[1]:,}"):
        read_image(encoded(Image.new("1", size)))
    assert read_image(encoded(Image.new("1", (8192, 2)))).shape == (2, 8192, 3)


def test_the_byte_cap_is_kept_while_reading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(images, "BYTE_CAP", 2**20)

    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 <= size <= 2**20 + 1
            self.asked += 1
            return b"x" * size

    for source in (Endless(), b"x" * (2**20 + 1)):
        with pytest.raises(BadInput, match="more than 1 MB"):
            read_image(source)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"hello", "not a picture"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC"),
        (b"%PDF-1.4", "not a picture"),
        (b"II*\0" + b"\0" * 20, "not a picture"),
        (b"\x80\x04cos\nsystem\n", "not a picture"),
    ],
)
def test_what_is_no_picture_is_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_image(content)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_a_truncated_picture_is_a_sentence(format: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    content = encoded(noise, format)
    with pytest.raises(BadInput, match=r"damaged|beginning"):
        read_image(content[: len(content) // 2])


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_image(tmp_path / "nothing.png")
    with pytest.raises(BadInput, match="cannot be read"):
        read_image(tmp_path)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
)
def test_damaged_bytes_give_a_picture_or_a_sentence(format: str, hits: list[tuple[float, int]]) -> None:
    content = bytearray(encoded(corners(), format))
    for where, value in hits:
        content[int(where * (len(content) - 1))] = value
    try:
        image = read_image(bytes(content))
        assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
    except BadInput:
        pass
