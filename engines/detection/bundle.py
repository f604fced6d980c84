"""Take the detectors of a finished run into `assets/detectors`, where every installation finds them.

`python -m engines.detection.bundle RUN_FOLDER effort=effort:rank=8:residual_lr=5 lora=lora` keeps two of the run's
methods under the names before the first "=". The card is the run's own (recipe, config, seed, data, calibration,
held-out figures) with the licence and the file's SHA-256 added.
"""

import hashlib
import json
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from engines.detection.detector import BUNDLED, CARD, WEIGHTS
from engines.detection.runset import file_name
from engines.errors import BadInput

LICENCE = "Apache-2.0"


def bundle(model: Path, name: str, method: str, to: Path = BUNDLED) -> Path:
    """Copy one method's detector from `artifacts/model` of a run, replacing the bundled one of that name.

    Raises:
        BadInput: the run kept no such method.
    """
    places = [model, model / "rivals" / file_name(method)]
    named = [place for place in places if (place / CARD).is_file() and _card(place)["name"] == method]
    if not named:
        raise BadInput(f"{model} holds no detector {method!r}; look at the names in its {CARD} files.")
    place = to / name
    place.mkdir(parents=True, exist_ok=True)
    save_file(halved(load_file(named[0] / WEIGHTS)), place / WEIGHTS)
    sha256 = hashlib.sha256((place / WEIGHTS).read_bytes()).hexdigest()
    card = {**_card(named[0]), "licence": LICENCE, "sha256": sha256, "recipe": "mien train effort --preset full --wait"}
    (place / CARD).write_text(json.dumps(card, indent=1, sort_keys=True) + "\n")
    return place


def halved(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Matrices in half precision: chances of being forged move by less than 0.001."""
    return {name: tensor.half() if tensor.ndim > 1 else tensor for name, tensor in tensors.items()}


def _card(place: Path) -> dict[str, object]:
    return dict(json.loads((place / CARD).read_text()))


if __name__ == "__main__":
    for chosen in sys.argv[2:]:
        name, _, method = chosen.partition("=")
        bundle(Path(sys.argv[1]) / "artifacts" / "model", name, method)
