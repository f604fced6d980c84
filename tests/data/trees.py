"""Data sets made as people have them: real file formats, in the folders and with the lists of each layout, tiny."""

import json
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from PIL import Image


def picture(path: Path, number: int = 0) -> Path:
    """A picture of 8 px; another number, another content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    value = np.full((8, 8, 3), number % 256, np.uint8)
    value[0, 0] = (number // 256 % 256, number // 65536 % 256, number // 2**24 % 256)
    Image.fromarray(value).save(path)
    return path


class Pictures:
    """Pictures that all differ in content, since equal ones are a finding."""

    def __init__(self) -> None:
        self.count = 0

    def one(self, path: Path) -> Path:
        self.count += 1
        return picture(path, self.count)

    def video(self, folder: Path, numbers: Iterable[int] = range(2)) -> Path:
        for number in numbers:
            self.one(folder / f"{number:03d}.png")
        return folder


def clip(path: Path, pictures: Iterable[np.ndarray]) -> Path:
    """An MP4 of these pictures, 25 a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = list(pictures)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        for image in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def grey_clip(path: Path, count: int = 3) -> Path:
    return clip(path, (np.full((32, 32, 3), 40 * number, np.uint8) for number in range(count)))


def write(path: Path, value: object) -> Path:
    """Text as it is, anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def faceforensics(root: Path, level: str = "c23", frames: str = "frames") -> Path:
    """Pairs 000-003 for training, 001-870 validation, 002-894 test; two methods, and DeepFakeDetection."""
    make = Pictures()
    pairs = {"train": [["000", "003"]], "val": [["001", "870"]], "test": [["002", "894"]]}
    for split, rows in pairs.items():
        write(root / f"{split}.json", rows)
        for one, other in rows:
            for name in (one, other):
                make.video(root / "original_sequences/youtube" / level / frames / name)
            for method in ("Deepfakes", "NeuralTextures"):
                for name in (f"{one}_{other}", f"{other}_{one}"):
                    make.video(root / "manipulated_sequences" / method / level / frames / name)
    for number in range(2):
        make.one(root / "manipulated_sequences/Deepfakes" / level / "masks/000_003" / f"{number:03d}.png")
    make.video(root / "original_sequences/actors" / level / frames / "01__exit_phone_room")
    name = "01_02__exit_phone_room__YVGY8LOK"
    make.video(root / "manipulated_sequences/DeepFakeDetection" / level / frames / name)
    return root


def celebdf(root: Path) -> Path:
    """Three real and three forged videos; one real and one forged are for testing, and one listed is not there."""
    make = Pictures()
    for path in ("Celeb-real/id0_0000", "Celeb-real/id1_0000", "YouTube-real/00170"):
        make.video(root / path)
    for name in ("id0_id1_0000", "id1_id0_0000", "id0_id1_0001"):
        make.video(root / "Celeb-synthesis" / name)
    lines = ["1 YouTube-real/00170.mp4", "0 Celeb-synthesis/id1_id0_0000.mp4", "0 Celeb-synthesis/id9_id8_0000.mp4"]
    write(root / "List_of_testing_videos.txt", "\n".join(lines) + "\n")
    return root


def dfdc(root: Path) -> Path:
    """One part for training (one real, two forged, one of which is not there) and the test set."""
    make, part, test = Pictures(), root / "train/dfdc_train_part_0", root / "test"
    make.video(part / "aaa")
    make.video(part / "bbb")
    make.video(part / "stray")
    rows = {"aaa.mp4": {"label": "REAL", "split": "train"}}
    rows |= {name: {"label": "FAKE", "split": "train", "original": "aaa.mp4"} for name in ("bbb.mp4", "ccc.mp4")}
    write(part / "metadata.json", rows)
    make.video(test / "frames/xxx")
    make.video(test / "frames/yyy")
    write(test / "labels.csv", "filename,label\nxxx.mp4,0\nyyy.mp4,1\n")
    return root


def dfdcp(root: Path) -> Path:
    make = Pictures()
    rows = {
        "original_videos/12/12_A_001.mp4": {"label": "real", "set": "train"},
        "original_videos/13/13_A_001.mp4": {"label": "real", "set": "test"},
        "method_A/12/12_34_A.mp4": {"label": "fake", "set": "train", "target_id": "12", "swapped_id": "34"},
        "method_B/13/13_35_B.mp4": {"label": "fake", "set": "test"},
    }
    write(root / "dataset.json", rows)
    make.video(root / "original_videos/12/12_A_001")
    make.video(root / "original_videos/frames/13_A_001")
    make.video(root / "method_A/12/12_34_A")
    make.video(root / "method_B/frames/13_35_B")
    return root


def deeperforensics(root: Path) -> Path:
    make = Pictures()
    for name in ("000_M101", "001_W102", "002_M101"):
        make.video(root / "manipulated_videos/end_to_end" / name)
    make.video(root / "manipulated_videos/end_to_end_level_3/000_M101")
    for split, name in (("train", "000_M101"), ("val", "001_W102"), ("test", "002_M101")):
        write(root / "lists/splits" / f"{split}.txt", f"{name}.mp4\n")
    deep = root / "source_videos/M101/light_down/happy/camera_front"
    make.video(deep / "M101_light_down_happy_camera_front")
    make.video(root / "source_videos/W102/frames/W102_BlendShape_camera_up")
    return root


def df40(root: Path) -> Path:
    make = Pictures()
    make.video(root / "DF40/simswap/ff/frames/000_003")
    make.video(root / "DF40/simswap/cdf/frames/id0_id1_0000")
    make.one(root / "DF40/ddim/ff/0.png")
    make.video(root / "DF40/whichfaceisreal/fake/a")
    make.video(root / "DF40/whichfaceisreal/real/a")
    make.video(root / "DF40_train/simswap/ff/frames/001_870")
    return root


def universal(root: Path) -> Path:
    make = Pictures()
    for folder in (
        "train/progan/car", "train/progan/cat", "val/progan/car", "test/progan/car", "test/biggan", "test/seeingdark",
    ):  # fmt: skip
        for part in ("0_real", "1_fake"):
            make.one(root / folder / part / "7.png")
    for path in ("laion/0_real", "imagenet/0_real", "dalle/1_fake", "guided/1_fake"):
        make.one(root / "diffusion_datasets" / path / "7.png")
    return root


def genimage(root: Path) -> Path:
    make = Pictures()
    for folder in ("stable_diffusion_v_1_4/imagenet_ai_0419_sdv4", "Midjourney"):
        for part in ("train", "val"):
            for name in ("ai", "nature"):
                for number in range(2):
                    make.one(root / folder / part / name / f"{number}.png")
    return root
