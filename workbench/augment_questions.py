"""What can be asked about augmentation: a picture taken apart, edited, and made into what each method makes of it.

As in `questions`: functions `(progress, **arguments)` that import engines and answer in plain data. A picture is a
rendered person by number, or the bytes of a photograph, which are not kept.
"""

from collections.abc import Callable
from typing import Any

Progress = Callable[..., None]
PARTNER = 10_000
"""Photographs of the second person are numbered apart from the first's."""


def taken_apart(
    progress: Progress, number: int, photo: int, other: int, place: str, scale: float, right: float, down: float,
    turn_deg: float, data: bytes = b"",
) -> dict[str, Any]:  # fmt: skip
    """Layers of a picture, and its object before the place of another; see `explore.apart`."""
    from engines.augmentation.deda import explore

    progress(None, "taking it apart")
    subject, behind = _subject(number, photo, data), explore.person(other, photo + PARTNER, place)
    return explore.apart(subject, behind, scale, right, down, turn_deg)


def made_by_methods(progress: Progress, number: int, photo: int, other: int, seed: int, data: bytes = b"") -> Any:
    """`pictures` by method, and `editor`, what edited them."""
    from engines.augmentation.deda import explore

    progress(None, "mixing and editing")
    by = explore.editor()
    pictures = explore.methods(_subject(number, photo, data), explore.person(other, photo + PARTNER), seed, by)
    return {"pictures": pictures, "editor": by.name}


def edited(
    progress: Progress, number: int, photo: int, strengths: tuple[float, ...], seed: int, data: bytes = b""
) -> Any:
    """Whole and isolated edits by strength, see `explore.edited`; and `editor`, what edited them."""
    from engines.augmentation.deda import explore

    progress(None, "editing")
    by = explore.editor()
    return {**explore.edited(_subject(number, photo, data), strengths, seed, by), "editor": by.name}


def _subject(number: int, photo: int, data: bytes) -> Any:
    from engines.augmentation.deda import explore

    if not data:
        return explore.person(number, photo)
    from engines.data.images import read_image

    return explore.photograph(read_image(data))


QUESTIONS: dict[str, Callable[..., Any]] = {"apart": taken_apart, "augmented": made_by_methods, "edited": edited}
"""Name -> function."""
