"""A stream by the name or folder that the settings give."""

from pathlib import Path

from engines.continual.data import cifar, domainnet, folders, world
from engines.continual.safe.recipe import WORLD, SafeConfig
from engines.continual.stream import Stream
from engines.errors import BadInput
from engines.training.journal import Journal


def load(config: SafeConfig, journal: Journal) -> Stream:
    """The stream that `config.data` names.

    Raises:
        BadInput: it is neither one of the world's nor a folder in a known layout.
    """
    if config.data in WORLD:
        return world.stream(config, journal)
    folder = Path(config.data).expanduser()
    for reader in (cifar, domainnet, folders):
        if reader.fits(folder):
            return reader.read(folder)
    raise BadInput(
        f"{config.data!r} is no stream: name one of {', '.join(WORLD)}, or a folder that holds train/ and test/ with a "
        "folder a class, CIFAR-100's files train, test and meta, or DomainNet's lists (real_train.txt, …)."
    )
