"""The papers' data sets in their own layouts, as tiny trees."""

import pickle

import numpy as np
import pytest
from PIL import Image

from engines.continual.data import cifar, domainnet, folders, streams
from engines.continual.safe.recipe import RECIPE
from engines.errors import BadInput
from engines.training.journal import MemoryJournal


def picture(path, shade):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 10, 3), shade, np.uint8)).save(path)


def image_tree(root, classes=("1", "2", "10"), each=2):
    for split in ("train", "test"):
        for number, name in enumerate(classes):
            for index in range(each):
                picture(root / split / name / f"{index}.png", 40 * number + index)
    return root


def cifar_tree(root):
    root.mkdir(parents=True, exist_ok=True)
    names = [b"apple", b"bear", b"cup", b"dog"]
    (root / "meta").write_bytes(pickle.dumps({b"fine_label_names": names}, protocol=2))
    for split, each in (("train", 3), ("test", 2)):
        labels = [label for label in range(4) for _ in range(each)]
        data = np.repeat(np.array(labels, np.uint8)[:, None] * 10, 3072, 1)
        data[:, 0] = 255  # the red channel's first pixel
        (root / split).write_bytes(pickle.dumps({b"data": data, b"fine_labels": labels}, protocol=2))
    return root


def domain_tree(root, domains=("real", "sketch")):
    for domain in domains:
        for split in ("train", "test"):
            lines = []
            for label, name in enumerate(("cat", "dog")):
                for index in range(2):
                    path = f"{domain}/{name}/{split}-{index}.png"
                    picture(root / path, 100 * label + index)
                    lines.append(f"{path} {label}")
            (root / f"{domain}_{split}.txt").write_text("\n".join(lines))
    return root


def test_folders_of_classes(tmp_path):
    stream = folders.read(image_tree(tmp_path / "imagenet-r"))
    assert stream.classes == ("1", "2", "10") and stream.shuffled and stream.train.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert stream.test.pictures.read([4])[0].shape == (8, 10, 3) and stream.test.pictures.read([5])[0][0, 0, 0] == 81
    assert not folders.read(image_tree(tmp_path / "vtab-cil")).shuffled


def test_classes_of_one_half_alone_are_named(tmp_path):
    root = image_tree(tmp_path / "cub")
    picture(root / "train" / "extra" / "0.png", 1)
    with pytest.raises(BadInput, match="'extra' is in only one"):
        folders.read(root)


def test_cifar_as_it_is_distributed(tmp_path):
    stream = cifar.read(cifar_tree(tmp_path / "cifar-100-python"))
    assert stream.classes == ("apple", "bear", "cup", "dog") and len(stream.train) == 12
    image = stream.train.pictures.read([11])[0]
    assert image.shape == (32, 32, 3) and image[0, 0].tolist() == [255, 30, 30]


class Evil:
    def __reduce__(self):
        return eval, ("1 / 0",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    root = cifar_tree(tmp_path / "cifar-100-python")
    (root / "train").write_bytes(pickle.dumps({b"data": Evil(), b"fine_labels": []}))
    with pytest.raises(BadInput, match=r"would import .*eval"):
        cifar.read(root)


def test_cifar_with_fewer_labels_than_pictures_is_refused(tmp_path):
    root = cifar_tree(tmp_path / "cifar-100-python")
    content = {b"data": np.zeros((9, 3072), np.uint8), b"fine_labels": [0, 1, 2, 3]}
    (root / "train").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(BadInput, match="9 training pictures, 4 labels"):
        cifar.read(root)
    (root / "train").write_bytes(b"not a pickle")
    with pytest.raises(BadInput, match="not a file of CIFAR-100"):
        cifar.read(root)


def test_domains_by_their_lists(tmp_path):
    stream = domainnet.read(domain_tree(tmp_path))
    assert stream.domains == ("real", "sketch") and stream.classes == ("cat", "dog")
    assert stream.train.domains.tolist() == [0] * 4 + [1] * 4
    assert stream.train.pictures.read([6])[0][0, 0, 0] == 100


@pytest.mark.parametrize("line", ["no-label", "../../etc/passwd 0", "/etc/passwd 0", "a.png x"])
def test_lines_that_lead_elsewhere_are_refused(line, tmp_path):
    root = domain_tree(tmp_path)
    (root / "real_train.txt").write_text(line)
    with pytest.raises(BadInput, match="line 1"):
        domainnet.read(root)


def test_each_layout_is_found_by_itself(tmp_path):
    places = {
        "CIFAR-100": cifar_tree(tmp_path / "c"),
        "DomainNet": domain_tree(tmp_path / "d"),
        "i": image_tree(tmp_path / "i"),
    }
    for label, root in places.items():
        config = RECIPE.configure("tiny", {"data": str(root)})
        assert streams.load(config, MemoryJournal()).label == label
    with pytest.raises(BadInput, match="is no stream"):
        streams.load(RECIPE.configure("tiny", {"data": str(tmp_path / "absent")}), MemoryJournal())


@pytest.mark.parametrize(("name", "sessions"), [("families", 9), ("ages", 5), ("occluders", 6), ("places", 6)])
def test_streams_of_the_world_say_what_arrives_before_anything_is_drawn(name, sessions):
    stream = streams.load(RECIPE.configure("tiny", {"data": name}), MemoryJournal())
    assert len(stream.domains) == sessions and stream.label == f"face world: {name}"
    each = len(stream.classes) * RECIPE.configure("tiny").train_each
    assert np.bincount(stream.train.domains).tolist() == [each] * sessions
