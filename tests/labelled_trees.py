"""Classification data in its true layouts, small: a bright disc, whose colour is the class, on a noisy place."""

import numpy as np
from PIL import Image

CLASSES = ("001.Black_footed_Albatross", "002.Laysan_Albatross", "003.Sooty_Albatross")
COLOURS = ((230, 40, 40), (40, 230, 40), (40, 40, 230))


def picture(path, seed, label=0, width=40, height=48, mask=None):
    """A picture of a disc, and its mask where one is asked for."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(60, 120, (height, width, 3), np.uint8)
    y, x = np.mgrid[:height, :width]
    disc = (x - width * 0.4) ** 2 + (y - height * 0.45) ** 2 < (0.25 * min(width, height)) ** 2
    pixels[disc] = COLOURS[label]
    for target, array in ((path, pixels), (mask, disc.astype(np.uint8) * 255)):
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(target)


def cub_tree(root, each=6, test=2):
    """CUB-200-2011 with three classes, its text files and its segmentations."""
    rows = {name: [] for name in ("images", "image_class_labels", "train_test_split", "bounding_boxes")}
    number = 0
    for label, name in enumerate(CLASSES):
        for place in range(each):
            number += 1
            file = f"{name}/bird_{place}.jpg"
            picture(root / "images" / file, number, label,
                    mask=root / "segmentations" / name / f"bird_{place}.png")  # fmt: skip
            rows["images"].append(f"{number} {file}")
            rows["image_class_labels"].append(f"{number} {label + 1}")
            rows["train_test_split"].append(f"{number} {int(place < each - test)}")
            rows["bounding_boxes"].append(f"{number} 4.0 6.0 20.0 28.0")
    for name, lines in rows.items():
        (root / f"{name}.txt").write_text("\n".join(lines) + "\n")
    (root / "classes.txt").write_text("\n".join(f"{n + 1} {name}" for n, name in enumerate(CLASSES)) + "\n")
    return root


def waterbird_tree(root):
    """CUB beside Waterbirds, of which one picture is not of the test's split."""
    cub_tree(root / "CUB_200_2011")
    folder = root / "waterbird_complete95_forest2water2"
    rows = ["img_id,img_filename,y,split,place,place_filename"]
    for number, (name, y, split, place) in enumerate(
        ((CLASSES[1], 0, 2, 1), (CLASSES[2], 1, 2, 0), (CLASSES[0], 0, 0, 0))
    ):
        picture(folder / name / f"w{number}.jpg", number, number)
        rows.append(f"{number},{name}/w{number}.jpg,{y},{split},{place},/o/ocean/1.jpg")
    (folder / "metadata.csv").write_text("\n".join(rows))
    return root


def aircraft_tree(root):
    """FGVC-Aircraft with two variants; the picture's last 20 rows are the banner."""
    data = root / "data"
    rows = {"trainval": ["0000001 707-320", "0000002 A300B4 F"], "test": ["0000004 707-320", "0000003 A300B4 F"]}
    for part, lines in rows.items():
        for line in lines:
            picture(data / "images" / f"{line.split()[0]}.jpg", 1, width=48, height=60)
        (data / f"images_variant_{part}.txt").write_text("\n".join(lines))
    (data / "images_box.txt").write_text("\n".join(f"000000{n} 3 4 40 30" for n in range(1, 5)))
    return root


def folder_tree(root, each=6, test=2, masks=True):
    """ImageFolder with train/ and test/, and masks."""
    for label, name in enumerate(("red", "green", "blue")):
        for place in range(each):
            part = "train" if place < each - test else "test"
            picture(root / part / name / f"{place}.png", 10 * label + place, label,
                    mask=root / "masks" / name / f"{place}.png" if masks else None)  # fmt: skip
    return root
