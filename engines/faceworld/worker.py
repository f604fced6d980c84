"""One process that fills its share of a set: python -m engines.faceworld.worker DRAFT KIND SPEC WORKERS NUMBER.

KIND is the specification's class, as module:name; SPEC its fields as JSON. Writes one byte to
standard output for each sample made; ends when nobody reads any more.
"""

import importlib
import json
import os
import sys
from pathlib import Path

from engines.faceworld.cache import fill_rows


def main(draft: str, kind: str, spec: str, workers: str, number: str) -> None:
    """Fill the rows number, number + workers, ..."""
    module, name = kind.split(":")
    made = getattr(importlib.import_module(module), name)(**json.loads(spec))
    for _ in fill_rows(made, Path(draft), int(number), int(workers)):
        os.write(sys.stdout.fileno(), b".")


if __name__ == "__main__":
    main(*sys.argv[1:])
