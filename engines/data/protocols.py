"""The field's protocols as plain records: what to train on, what to test on, by which number.

    protocol = PROTOCOLS["ff-to-others"]
    protocol.train.videos(index)              of `layouts.read`
    [test.videos(other) for test in protocol.tests]

Data sets, families and parts are those of `layouts`. Sources: DeepfakeBench (arXiv 2307.01426) and Effort (arXiv
2411.15633) for FF++ to others; DF40's README (arXiv 2406.13495); UniversalFakeDetect (arXiv 2302.10174); GenImage's
README (arXiv 2306.08571). Differs from all of them: a model is chosen on a validation part. Their published numbers
were mostly chosen on the test sets themselves, so `notes` say where.
"""

from dataclasses import dataclass

from engines.data.layouts import Index
from engines.data.layouts.df40 import METHODS, UNKNOWN
from engines.data.layouts.genimage import GENERATORS
from engines.data.layouts.universal import DIFFUSION, GANS, SHARED
from engines.data.videos import Video
from engines.errors import BadInput

FF_METHODS = ("FF-DF", "FF-F2F", "FF-FS", "FF-NT")
DF40_FF = {
    kind: tuple(name for name in names if name not in UNKNOWN) for kind, names in METHODS.items() if kind != "FE"
}
"""Methods of DF40 made on FF++ and Celeb-DF, by kind: 9, 12 and 10 of its 31 known ones."""


@dataclass(frozen=True)
class Part:
    """Some videos of some data sets.

    Attributes:
        name: for tables and columns.
        datasets: whose forged videos. reals: whose real videos; those of `datasets` where empty.
        families: which forgeries; all where empty.
        split: "train", "val", "test", or "all" where the data set has no parts.
        compression: level, where the data set has levels.
    """

    name: str
    datasets: tuple[str, ...]
    reals: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    split: str = "test"
    compression: str = "c23"

    def videos(self, index: Index) -> list[Video]:
        """Its videos in an index.

        Raises:
            BadInput: the index holds none of one class, so that nothing can be learned or measured.
        """
        found = [video for video in index.part(self.split, self.compression) if self._has(video)]
        missing = [
            word for label, word in enumerate(("real", "forged")) if all(video.label != label for video in found)
        ]
        if missing:
            wanted = self.reals or self.datasets if missing[0] == "real" else self.families or self.datasets
            raise BadInput(
                f"{index.place} holds no {' and no '.join(missing)} videos of {self.name} in its {self.split} part; "
                f"{', '.join(wanted)} are needed."
            )
        return found

    def _has(self, video: Video) -> bool:
        if video.label == 0:
            return video.dataset in (self.reals or self.datasets)
        return video.dataset in self.datasets and (not self.families or video.family in self.families)


@dataclass(frozen=True)
class Protocol:
    """Train on one part, test on each of others.

    Attributes:
        metric: "auc", "ap" or "accuracy" (at 0.5). levels: "frame", "video" or "picture", as the field reports it.
        average: whether the mean over the tests is reported too.
        source: where it is defined. notes: what to know when comparing numbers.
    """

    name: str
    title: str
    train: Part
    tests: tuple[Part, ...]
    metrics: tuple[str, ...]
    levels: tuple[str, ...]
    source: str
    average: bool = True
    notes: tuple[str, ...] = ()


def _ff(name: str, families: tuple[str, ...], split: str, compression: str = "c23") -> Part:
    # DeepfakeBench also has a JSON for each method, named as the method.
    datasets = ("FaceForensics++", *families)
    return Part(name, datasets, families=families, split=split, compression=compression)


FF_TRAIN = _ff("FF++ c23", FF_METHODS, "train")
_ON_TEST = (
    "Published numbers choose the checkpoint on each test set; here it is chosen on the training set's own val part."
)


def _ff_to_others() -> Protocol:
    tests = (
        _ff("FF++ c23", FF_METHODS, "test"),
        _ff("FF++ c40", FF_METHODS, "test", "c40"),
        Part("CDFv1", ("Celeb-DF-v1",)),
        Part("CDFv2", ("Celeb-DF-v2",)),
        Part("DFD", ("DeepFakeDetection",), split="all"),
        Part("DFDC", ("DFDC",)),
        Part("DFDCP", ("DFDCP",)),
        Part("DFo", ("DeeperForensics-1.0",), ("FaceForensics++",), ("DF_fake",)),
        Part("WDF", ("WildDeepfake",)),
        Part("FFIW", ("FFIW",)),
    )
    notes = (
        _ON_TEST,
        "DeepfakeBench's leaderboard is of frames, Effort's and StA's tables are of videos; print both.",
        "DeepfakeBench takes DeeperForensics' recordings of actors for real; its authors name FF++'s targets at c23.",
        "Methods are trained with 8 frames of a video (Effort) or 32 (DeepfakeBench's leaderboard).",
    )
    source = "DeepfakeBench README and Effort, table 1"
    return Protocol(
        "ff-to-others", "FF++ to other sets", FF_TRAIN, tests, ("auc",), ("frame", "video"), source, True, notes
    )


def _cross_manipulation() -> list[Protocol]:
    """One protocol a row of the matrix: train on one method of FF++, test on all four."""
    tests = tuple(_ff(method, (method,), "test") for method in FF_METHODS)
    return [
        Protocol(
            f"ff-cross-{method[3:].lower()}", f"FF++: {method} to the others", _ff(method, (method,), "train"), tests,
            ("auc",), ("frame", "video"), "DeepfakeBench, cross-manipulation", False,
        )
        for method in FF_METHODS
    ]  # fmt: skip


def _df40(kind: str, domain: str, split: str) -> Part:
    real = "FaceForensics++" if domain == "ff" else "Celeb-DF-v2"
    datasets = tuple(f"{method}_{domain}" for method in DF40_FF[kind])
    # DF40's own JSONs gather a kind as FSAll_ff; either spelling is of this part.
    datasets = (*datasets, f"{kind}All_{domain}")
    return Part(f"{kind}All_{domain}", datasets, (real, *datasets), split=split)


def _df40_protocols() -> list[Protocol]:
    train, source = _df40("FS", "ff", "train"), "DF40 README, protocols"
    kinds = tuple(DF40_FF)
    unknown = tuple(Part(method, (method,)) for method in UNKNOWN)
    p1 = tuple(_df40(kind, "ff", "test") for kind in kinds)
    p2 = tuple(_df40(kind, "cdf", "test") for kind in kinds)
    told = (_ON_TEST, "The README trains on FSAll_ff; tables repeat this for FRAll_ff and EFSAll_ff.")
    how = (("auc",), ("frame",), source, True, told)
    known = [method for kind in kinds for method in DF40_FF[kind]]
    every = tuple(_one_method(method, "test") for method in known)
    return [
        Protocol("df40-p1", "DF40 P1: other forgeries, same people", train, p1, *how),
        Protocol("df40-p2", "DF40 P2: other people, same forgeries", train, p2, *how),
        Protocol("df40-p3", "DF40 P3: other people and forgeries", train, unknown, *how),
        *(
            Protocol(
                f"df40-p4-{method.lower()}", f"DF40 P4: {method} to all", _one_method(method, "train"), every,
                ("auc",), ("frame",), source, False, (_ON_TEST,),
            )
            for method in known
        ),
    ]  # fmt: skip


def _one_method(method: str, split: str) -> Part:
    return Part(method, (f"{method}_ff",), ("FaceForensics++", f"{method}_ff"), split=split)


def _universal() -> Protocol:
    gans = tuple(Part(name, (name,)) for name in GANS)
    diffusion = tuple(Part(name, (name,), (SHARED[name],)) for name in DIFFUSION)
    notes = (
        "Trained on ProGAN's 20 classes; whether every paper took all 20 is not known.",
        "The released evaluation takes 1,000 pictures of each class, 100 where there are fewer (sitd, san).",
        "Effort's released run was chosen among iterations with these results in view.",
        "Reported are average precision and accuracy at 0.5, and their means over the 19 sets.",
    )
    return Protocol(
        "universal", "UniversalFakeDetect: ProGAN to 19 sets", Part("ProGAN", ("progan",), split="train"),
        (*gans, *diffusion), ("ap", "accuracy"), ("picture",), "UniversalFakeDetect's repository", True, notes,
    )  # fmt: skip


def _genimage() -> list[Protocol]:
    tests = tuple(Part(key, (key,)) for key in GENERATORS)
    notes = (
        "Tests are GenImage's val folders.",
        "Real pictures are JPEGs of many sizes, most forged ones PNGs of one size: a detector may learn the file, not "
        "the forgery. Test once more with both brought to one size and format.",
    )

    def to_eight(name: str, title: str, key: str) -> Protocol:
        train, source = Part(key, (key,), split="train"), "GenImage's README"
        return Protocol(name, title, train, tests, ("accuracy",), ("picture",), source, True, notes)

    rows = [to_eight(f"genimage-pb-{key}", f"GenImage P-B: {key} to eight generators", key) for key in GENERATORS]
    return [to_eight("genimage-pa", "GenImage P-A: SD 1.4 to eight generators", "sdv4"), *rows]


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (_ff_to_others(), *_cross_manipulation(), *_df40_protocols(), _universal(), *_genimage())
}
"""Name -> protocol; `ff-cross-*`, `df40-p4-*` and `genimage-pb-*` are the rows of matrices."""
