"""A legacy checkpoint (`.pth`, `.pt`, `.ckpt`, `.bin`) to safetensors, in a child whose memory and time are capped.

A pickle is a programme; torch's weights-only unpickler runs none of it but has had holes, so that the reading is done
by a process of its own, which is given the file's name and leaves a safetensors file or a sentence. Nothing else in
this project reads such a file.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engines.backbones.safefile import TensorInfo, inspect
from engines.errors import BadInput, BadWeights

MEMORY_CAP = 16 * 2**30
"""Address space of the child in bytes."""
PATIENCE_S = 600.0
NESTS = ("state_dict", "model_state_dict", "model", "net", "network", "params_ema", "params", "ema", "module", "weight")
"""Names under which trainers keep the weights in their checkpoints, the likeliest first."""
PREFIXES = ("module.", "_orig_mod.")


def convert(
    source: Path, target: Path, *, memory: int = MEMORY_CAP, patience_s: float = PATIENCE_S
) -> dict[str, TensorInfo]:
    """Write the tensors of a checkpoint into a safetensors file; what they are called, with dtype and shape.

    Args:
        memory: address space of the reading process in bytes. patience_s: seconds it may take.

    Raises:
        BadInput: there is no such file, or the target exists already.
        BadWeights: it is no checkpoint of tensors, would run code, or needs more memory or time than it may take.
    """
    if not source.is_file():
        raise BadInput(f"There is no file {source}; check the path.")
    if target.exists():
        raise BadInput(f"{target} exists already; name another file, or remove it first.")
    draft = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(3)}")
    command = [sys.executable, "-m", "engines.backbones.convert", str(source), str(draft), str(memory)]
    paths = os.pathsep.join([str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")])
    try:
        done = subprocess.run(  # noqa: S603 our own module, and paths
            command, check=False, capture_output=True, text=True, timeout=patience_s,
            env={**os.environ, "PYTHONPATH": paths},
        )  # fmt: skip
        if done.returncode:
            raise BadWeights(f"{source} was not converted: {_reason(done)}")
        found = inspect(draft)
        draft.replace(target)
        return found
    except subprocess.TimeoutExpired:
        raise BadWeights(f"{source} was not converted: reading it took over {patience_s:.0f} s.") from None
    finally:
        draft.unlink(missing_ok=True)


def tensors(loaded: Any) -> dict[str, Any]:
    """The weights in what a checkpoint holds, by plain names: nested as trainers do, prefixes of wrappers removed.

    Raises:
        BadWeights: there are no tensors.
    """
    import torch

    for name in NESTS:
        inner = loaded.get(name) if isinstance(loaded, Mapping) else None
        if isinstance(inner, Mapping) and any(isinstance(value, torch.Tensor) for value in inner.values()):
            loaded = inner
            break
    kept = {
        _plain(str(key)): value for key, value in loaded.items() if isinstance(value, torch.Tensor)
    } if isinstance(loaded, Mapping) else {}  # fmt: skip
    if not kept:
        raise BadWeights("it holds no tensors by name; save a model's state_dict().")
    return {key: value.detach().contiguous().clone() for key, value in kept.items()}  # safetensors shares no memory


def _plain(key: str) -> str:
    for prefix in PREFIXES:
        key = key.removeprefix(prefix)
    return key


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    try:
        return str(json.loads(done.stderr.strip().splitlines()[-1])["error"])
    except (ValueError, LookupError, TypeError):
        return "the process that read it ended without a word; it may need more memory than it may take."


def _read(source: str, draft: str, memory: int) -> None:
    import torch
    from safetensors.torch import save_file

    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    save_file(tensors(torch.load(source, map_location="cpu", weights_only=True)), draft)


def _main() -> int:
    try:
        _read(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    except MemoryError:
        words = "it needs more memory than it may take."
    except BadWeights as error:
        words = str(error)
    except Exception as error:  # whatever the unpickler meets in a stranger's file
        memory = "alloc" in str(error).lower() and isinstance(error, RuntimeError)
        words = (
            "it needs more memory than it may take." if memory
            else f"torch does not read it as weights ({type(error).__name__}); it holds code, or is no checkpoint."
        )  # fmt: skip
    else:
        return 0
    sys.stderr.write(json.dumps({"error": words}) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(_main())
