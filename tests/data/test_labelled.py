"""Classification data in the layouts it is shipped in: every field where it belongs, and what is missing said."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from engines.data import labelled
from engines.errors import BadInput
from tests.labelled_trees import aircraft_tree, cub_tree, folder_tree, picture, waterbird_tree


def test_cub_by_its_text_files(tmp_path):
    root = cub_tree(tmp_path / "CUB_200_2011")
    assert labelled.layout_of(tmp_path) == labelled.layout_of(root) == "cub"
    found = labelled.read(tmp_path)
    assert found.train.classes == ("001.Black_footed_Albatross", "002.Laysan_Albatross", "003.Sooty_Albatross")
    assert len(found.train) == 12 and len(found.test) == 6
    entry = found.train.entries[0]
    assert entry.name == "001.Black_footed_Albatross/bird_0" and entry.label == 0
    assert entry.box == (4.0, 6.0, 24.0, 34.0)  # x y width height in the file
    assert entry.read().shape == (48, 40, 3)
    assert entry.mask is not None and 0 < entry.mask().mean() < 1


def test_cub_with_a_line_too_few(tmp_path):
    root = cub_tree(tmp_path)
    lines = (root / "bounding_boxes.txt").read_text().splitlines()
    (root / "bounding_boxes.txt").write_text("\n".join(lines[:-1]))
    with pytest.raises(BadInput, match="missing in one of its text files"):
        labelled.read(root)


def test_waterbirds_test_on_split_two_with_groups(tmp_path):
    waterbird_tree(tmp_path)
    found = labelled.read(tmp_path)
    assert set(found.test.groups) == {"landbird on water", "waterbird on land"}
    assert [entry.label for entry in found.test.entries] == [1, 2]  # of the file's name, not of y
    assert len(found.train) == 12


def test_aircraft_without_its_banner(tmp_path):
    found = labelled.read(aircraft_tree(tmp_path))
    assert found.train.classes == ("707-320", "A300B4 F")
    entry = found.train.entries[0]
    assert entry.read().shape == (40, 48, 3) and entry.box == (3.0, 4.0, 40.0, 30.0)
    assert found.test.entries[1].name == "A300B4_F/0000003"


def test_cars_by_the_devkit(tmp_path):
    kind = [("bbox_x1", "O"), ("bbox_y1", "O"), ("bbox_x2", "O"), ("bbox_y2", "O"), ("class", "O"), ("fname", "O")]
    rows = np.array([(1, 2, 30, 20, 2, "00001.jpg"), (3, 4, 31, 22, 1, "00002.jpg")], dtype=kind)
    (tmp_path / "devkit").mkdir()
    savemat(tmp_path / "devkit" / "cars_meta.mat", {"class_names": np.array(["Audi TT", "BMW X5"], dtype=object)})
    savemat(tmp_path / "devkit" / "cars_train_annos.mat", {"annotations": rows})
    savemat(tmp_path / "cars_test_annos_withlabels.mat", {"annotations": rows})
    for part in ("cars_train", "cars_test"):
        for number in (1, 2):
            picture(tmp_path / part / f"{number:05d}.jpg", number)
    found = labelled.read(tmp_path)
    assert found.train.classes == ("Audi TT", "BMW X5")
    assert [(e.label, e.box) for e in found.train.entries] == [(1, (1.0, 2.0, 30.0, 20.0)), (0, (3.0, 4.0, 31.0, 22.0))]
    assert found.test.entries[0].name == "BMW_X5/00001" and found.test.entries[0].read().ndim == 3


def test_caltech_leaves_noise_out_and_holds_a_fifth(tmp_path):
    for name in ("ant", "bass", "BACKGROUND_Google"):
        for number in range(10):
            picture(tmp_path / "101_ObjectCategories" / name / f"image_{number:04d}.jpg", number)
    found = labelled.read(tmp_path)
    assert found.train.classes == ("ant", "bass")
    assert np.bincount(found.train.labels).tolist() == [8, 8] and np.bincount(found.test.labels).tolist() == [2, 2]
    assert not {e.name for e in found.train.entries} & {e.name for e in found.test.entries}


def test_folders_with_masks(tmp_path):
    found = labelled.read(folder_tree(tmp_path))
    assert len(found.train) == 12 and len(found.test) == 6
    assert all(entry.mask is not None and entry.mask().max() == 1 for entry in found.train.entries)


def test_a_class_of_one_picture_is_said(tmp_path):
    for name, count in (("cat", 4), ("dog", 1)):
        for number in range(count):
            picture(tmp_path / name / f"{number}.png", number)
    with pytest.raises(BadInput, match="The class 'dog' has one picture"):
        labelled.read(tmp_path)


def test_few_are_the_first_of_each_class(tmp_path):
    few = labelled.read(folder_tree(tmp_path)).train.few(2)
    assert np.bincount(few.labels).tolist() == [2, 2, 2]


def test_no_folder_and_one_class_are_said(tmp_path):
    with pytest.raises(BadInput, match="There is no folder"):
        labelled.read(tmp_path / "nothing")
    Image.new("RGB", (8, 8)).save(tmp_path / "loose.png")
    with pytest.raises(BadInput, match="a class is a folder, and two are needed"):
        labelled.read(tmp_path)
