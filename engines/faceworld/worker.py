"""One process that fills its share of a set: python -m engines.faceworld.worker DRAFT SPEC WORKERS NUMBER.

Writes one byte to standard output for each sample made; ends when nobody reads any more.
"""

import json
import os
import sys
from pathlib import Path

from engines.faceworld.cache import fill_rows
from engines.faceworld.dataset import ForgerySpec


def main(draft: str, spec: str, workers: str, number: str) -> None:
    """Fill the rows number, number + workers, ..."""
    for _ in fill_rows(ForgerySpec(**json.loads(spec)), Path(draft), int(number), int(workers)):
        os.write(sys.stdout.fileno(), b".")


if __name__ == "__main__":
    main(*sys.argv[1:])
