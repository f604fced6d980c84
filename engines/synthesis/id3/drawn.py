"""People drawn by a kept generator as a training set in the cache: drawn once, and gone on with where it stopped."""

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from engines.errors import BadInput
from engines.faceworld.cache import cache_folder
from engines.synthesis.id3 import dataset, kept


def drawn_people(
    people: int,
    photos: int,
    heard: Callable[[float], None] | None = None,
    stopping: Callable[[], bool] | None = None,
    model: Path = kept.BUNDLED,
    cache: Path | None = None,
) -> Path:
    """A folder PERSON/PICTURE of people whose anchors were pushed apart, as `dataset` writes it.

    Args:
        model: folder of the generator. cache: by default the one of the face world.

    Raises:
        MissingWeights, BadWeights: as `kept.load`. Stopped: `stopping` said so; a second call goes on.
        BadInput: another process is drawing the same people.
    """
    maker = kept.load(model)
    assert maker.card is not None
    order = dataset.Order(people, photos)
    wishes = dataset.asked(order, maker.anchors("spread", people), maker.attributes, maker.space)
    into = cache_folder(cache) / "identities" / f"{maker.card.sha256[:16]}-{people}x{photos}"
    into.parent.mkdir(parents=True, exist_ok=True)
    made_by = {"anchors": "spread", "generator": maker.card.sha256}
    drawer, readers = maker.generator, maker.readers
    try:
        with FileLock(f"{into}.lock", timeout=0):
            dataset.generate(into, order, wishes, drawer, readers, maker.guidance, maker.pace, made_by, heard, stopping)
    except Timeout:
        raise BadInput(f"Another process is drawing these people into {into}; start again when it has ended.") from None
    return into
