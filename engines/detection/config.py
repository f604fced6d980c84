"""Settings that every training of a detector shares: pictures, backbone, head and how it is measured. No torch."""

from engines.errors import BadConfig
from engines.training.config import Field
from engines.training.loop_config import LoopConfig


class DetectionConfig(LoopConfig):
    """Settings of a detector's training; each method adds its own."""

    head: str = Field("softmax2", pattern="^(softmax2|sigmoid1)$", description="Two-way or one-way head", advanced=True)
    start: str = Field(
        "probe", pattern="^(probe|random)$", description="Head to start from: the converged probe, or N(0, 0.02)"
    )
    seeds: int = Field(1, ge=1, le=20, description="Trainings of each method, seeds counted up from seed")
    tower: str = Field("dinov2-s6", description="Backbone, as in `mien weights`", advanced=True)
    data: str = Field("world", description="world, a folder with real/ and fake/, or a DeepfakeBench JSON")
    recipe: str = Field(
        "crop", pattern="^(crop|face|natural)$", advanced=True,
        description="Pictures: crop (face world), face (DeepfakeBench augmentations), natural (tile and crop, UnivFD)",
    )  # fmt: skip
    crop_px: int = Field(98, ge=28, le=518, description="Side of the crops", unit="px", advanced=True)
    frames: int = Field(8, ge=1, le=512, description="Frames of each video", unit="frames", advanced=True)
    protocol: str = Field(
        "", description="A protocol and one of its tests, as ff-to-others/CDFv2; data then names its folders",
        advanced=True,
    )  # fmt: skip
    first_k: bool = Field(
        False, description="Take the first frames of a video, as DeepfakeBench does, not evenly spread ones",
        advanced=True,
    )  # fmt: skip
    families: tuple[str, ...] = Field(
        ("swap", "selfblend", "xray"), description="Face-world forgeries trained on; the test set has them all"
    )
    train_pictures: int = Field(3600, ge=40, description="Training pictures, half of them real", unit="pictures")
    test_pictures: int = Field(3600, ge=40, description="Test pictures", unit="pictures")
    draws: int = Field(400, ge=20, le=10000, description="Bootstrap draws of each interval", advanced=True)


def require_data(config: DetectionConfig) -> None:
    """Say what is missing before an hour is spent.

    Raises:
        BadConfig: pictures of one recipe are asked for with the data of another.
    """
    if config.data == "world" and config.protocol:
        raise BadConfig(
            f"The protocol {config.protocol} is of data sets of photographs. Set data to their folders, or leave "
            "protocol empty for the face world."
        )
    if config.data == "world" and config.recipe != "crop":
        raise BadConfig(
            f"recipe = {config.recipe} is for photographs. Set data to a folder with real/ and fake/ or to a "
            "DeepfakeBench JSON, or recipe to crop for the face world."
        )


TINY = {
    "tower": "vit-tiny-random", "crop_px": 56, "steps": 8, "batch": 8, "train_pictures": 48, "test_pictures": 96,
    "draws": 50, "lr": 1e-2, "precision": "fp32",
}  # fmt: skip
"""What the smallest presets have in common: seconds on two cores."""
