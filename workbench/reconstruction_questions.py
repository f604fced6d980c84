"""What can be asked of a trained DiffusionFake: the faces it draws of a picture.

As in `questions`: functions `(progress, **arguments)` that import engines and answer in plain data.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

Progress = Callable[..., None]


def reconstruct(
    progress: Progress, folder: str, seed: int, steps: int, data: bytes = b"", family: str = "", number: int = 0
) -> dict[str, Any]:
    """The two faces behind a photograph (the bytes of its file), or behind forgery `number` of a family.

    Args:
        folder: artifacts/model of a run. seed: of the noise. steps: of the drawing.

    Returns:
        As `engines.detection.diffusionfake.live.Drawn` says.
    """
    from engines.data.images import read_image
    from engines.detection.diffusionfake import live

    progress(None, "loading what was trained")
    model = _loaded(folder)
    progress(None, "looking for a face" if data else "forging")
    shown = live.photographed(model, read_image(data)) if data else live.forged(model, family, number)
    return asdict(live.draw(model, shown, seed, steps, progress))


@lru_cache(maxsize=2)
def _loaded(folder: str) -> Any:
    from engines.detection.diffusionfake import assembly

    return assembly.load(Path(folder))


QUESTIONS: dict[str, Callable[..., Any]] = {"reconstruct": reconstruct}
"""Name -> function."""
