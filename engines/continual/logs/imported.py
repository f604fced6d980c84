"""What was read from another toolkit's log, and which reader a file is for.

Every one of these toolkits logs less than the whole matrix: what is missing is NaN, and what it did log besides, such
as A_t, is kept under its own name.
"""

from dataclasses import dataclass
from pathlib import Path

from engines.continual.logs import avalanche, mammoth, pilot
from engines.continual.logs.base import Log
from engines.errors import BadInput

__all__ = ["Imported", "Log", "parse", "read", "recognise"]
BYTE_CAP = 20 * 2**20
READERS = {"LAMDA-PILOT": pilot, "Mammoth": mammoth, "Avalanche": avalanche}


@dataclass(frozen=True)
class Imported:
    """A log with the toolkit it came from."""

    toolkit: str
    log: Log


def read(path: Path) -> Imported:
    """The run in a log file.

    Raises:
        BadInput: the file cannot be read, is larger than 20 MB, is of no known toolkit, or contradicts itself.
    """
    try:
        if path.stat().st_size > BYTE_CAP:
            raise BadInput(f"{path.name} has more than {BYTE_CAP // 2**20} MB; cut out the lines of one run.")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}. Check the path.") from None
    return parse(text, path.name)


def parse(text: str, name: str = "the log") -> Imported:
    """As `read`, of a log's text."""
    toolkit = recognise(text)
    if toolkit is None:
        raise BadInput(
            f"{name} is no log that is known: neither LAMDA-PILOT's (lines with CNN: {{…}} and CNN top1 curve), nor "
            "Mammoth's logs.pyd (one dictionary a line), nor Avalanche's eval_results.csv."
        )
    return Imported(toolkit, READERS[toolkit].parse(text))


def recognise(text: str) -> str | None:
    """The toolkit that wrote a log; None if none did that is known."""
    return next((name for name, reader in READERS.items() if reader.fits(text)), None)
