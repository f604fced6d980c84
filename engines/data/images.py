"""Photographs from strangers, decoded with care: uint8 RGB (H, W, 3), upright, without metadata.

The size is read from the header and refused before a pixel is decoded: a PNG of half a megabyte can unpack to
gigabytes. Formats: JPEG, PNG, WebP, BMP, GIF, told by content and never by the file's name. Of an animation the
first frame is the picture. Transparency becomes white; 16 bits become 8; CMYK, palettes and grey become RGB; the
EXIF orientation is carried out, and all metadata is dropped.
"""

import io
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from engines.errors import BadInput

BYTE_CAP = 50 * 2**20
PIXEL_CAP = 40_000_000
SIDE_CAP_PX = 8192
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")

# Pillow only warns of pictures that are far beyond our own cap; nobody here should go on after that.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def read_image(source: bytes | Path | BinaryIO) -> np.ndarray:
    """The picture in a file's bytes, a file, or an open binary file: (H, W, 3) uint8 RGB.

    Raises:
        BadInput: it is too large, empty, cut off, or not a picture of an accepted format.
    """
    content = read_capped(source, BYTE_CAP, "picture")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _check_size(*picture.size)
            return np.array(_rgb(ImageOps.exif_transpose(picture)))
    except BadInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInput(_too_large("more than Pillow's own limit of pixels")) from error
    except UnidentifiedImageError as error:
        raise BadInput(_not_a_picture(content)) from error
    except Exception as error:  # on hostile bytes Pillow's decoders raise nearly anything
        raise BadInput(f"The picture is damaged or cut off ({error}); save or send it again.") from error


def read_capped(source: bytes | Path | BinaryIO, cap: int, kind: str) -> bytes:
    """The bytes of a source, reading no more than the cap; `kind` names it in the error's sentence.

    Raises:
        BadInput: it is empty, has more bytes than the cap, or cannot be read.
    """
    try:
        if isinstance(source, Path):
            with source.open("rb") as handle:
                content = handle.read(cap + 1)
        else:
            content = source if isinstance(source, bytes) else source.read(cap + 1)
    except OSError as error:
        raise BadInput(f"The {kind} cannot be read: {error}. Check the path.") from error
    if not content:
        raise BadInput(f"The {kind} is empty: 0 bytes. Save or send it again.")
    if len(content) > cap:
        raise BadInput(f"The {kind} has more than {cap // 2**20} MB; send a smaller one.")
    return content


def _check_size(width: int, height: int) -> None:
    if max(width, height) > SIDE_CAP_PX or width * height > PIXEL_CAP:
        raise BadInput(_too_large(f"{width:,} x {height:,} pixels"))


def _too_large(what: str) -> str:
    return (
        f"The picture has {what}; at most {PIXEL_CAP // 10**6} megapixels and {SIDE_CAP_PX:,} pixels a side are "
        "decoded. Make it smaller first."
    )


def _not_a_picture(content: bytes) -> str:
    accepted = "Send a JPEG, PNG, WebP, BMP or GIF."
    if b"<svg" in content[:4096].lower():
        return f"SVG is a program that draws, not a picture, and is not opened. {accepted}"
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        return f"HEIC and AVIF are not opened. {accepted}"
    return f"This is not a picture, or its beginning is damaged. {accepted}"


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion would clip it
        return Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return picture.convert("RGB")
