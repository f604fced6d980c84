"""The recipe of the challenge: one trainer on several training sets, tested in all six sub-tasks. Imports no torch.

Of each synthetic source three systems are trained beside the one on real data alone (`real`, the baseline): its first
`limit` pictures (x.1), all of them (x.2), and the real set with those of x.1 (x.3). Where the limit takes all, x.1 and
x.2 are one system, as they were for teams of the challenge. `shares` adds sets of the size of the real one in which
that share of the people is synthetic.

On the face world, people of the training split as any photograph shows them stand for real data, and `rendered` for a
renderer with less variety (as DigiFace-1M is to photographs): other people, near-frontal, unoccluded, of one age each.
`id3` are people drawn by the bundled identity generator. A folder PERSON/PICTURE or a container
(`engines.data.containers`) may take any place.

Differs from the challenge: teams chose network, loss and augmentation freely, here all systems share one trainer, so
that training sets are compared; the threshold comes from people of the training set who were kept out of the training
(BioLab's way), where accuracy is best on as many mated pairs as strangers; test sets are the world's (`world`), and
BUPT's strangers are of one gender too. The trainer of `paper` is composed of the teams' and of others' recipes: IR-50,
ArcFace s = 64, m = 0.5, SGD 0.1 falling tenfold after 22, 28 and 32 of 40 epochs, flips, crops and erased patches.
"""

from pydantic import field_validator

from engines.errors import BadConfig
from engines.training.config import Field
from engines.training.loop_config import LoopConfig
from engines.training.recipe import Paper, Recipe

REAL, RENDERED, DRAWN, WORLD = "real", "rendered", "id3", "world"


class FrcsynConfig(LoopConfig):
    """Settings of the trainings and of the tests."""

    sources: tuple[str, ...] = Field(
        (RENDERED,),
        description="Synthetic training sets: rendered, id3 (the bundled generator's), folders PERSON/PICTURE, or "
        "containers",
    )
    real: str = Field(WORLD, description="The real training set: world, a folder PERSON/PICTURE, or a container")
    limit: int = Field(500_000, ge=2, description="Synthetic pictures that x.1 and x.3 allow", unit="pictures")
    shares: tuple[float, ...] = Field(
        (), description="Shares of synthetic people in further sets of the real one's size", advanced=True
    )
    seeds: int = Field(1, ge=1, le=20, description="Trainings of each system", unit="trainings")
    network: str = Field("ir-s", description="ir-xs, ir-s, ir-m, ir-18, ir-50 or ir-100")
    loss: str = Field("arcface", pattern="^(arcface|cosface|adaface)$", description="arcface, cosface or adaface")
    margin: float = Field(0.5, ge=0, le=1.5, description="Margin m: 0.5, 0.35 and 0.4 in the three losses' papers")
    scale: float = Field(64.0, gt=0, le=256, description="Scale s of the cosines")
    margin_warmup: int = Field(0, ge=0, description="Steps over which the margin grows to its value", unit="steps")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of sgd", advanced=True)
    crop: float = Field(0.2, ge=0, le=1, description="Share of pictures of which only a part is left", advanced=True)
    erase: float = Field(0.2, ge=0, le=1, description="Share of pictures with a patch erased", advanced=True)
    coarse: float = Field(0.2, ge=0, le=1, description="Share of pictures made coarser", advanced=True)
    shift_px: int = Field(2, ge=0, le=16, description="Largest random shift of a picture", unit="px", advanced=True)
    people: int = Field(400, ge=8, description="People of the world's real set", unit="people")
    photos: int = Field(10, ge=2, le=1000, description="Photographs of each", unit="photographs")
    rendered_people: int = Field(600, ge=8, description="People of the rendered or drawn set", unit="people")
    rendered_photos: int = Field(10, ge=2, le=1000, description="Photographs of each", unit="photographs")
    age_gap: float = Field(30.0, ge=0, le=60, description="Years that a real person's photographs span", unit="years")
    held_out: float = Field(0.1, gt=0, lt=1, description="Share of training people kept out for the threshold")
    test_people: int = Field(160, ge=24, description="People of each of the four test sets", unit="people")
    sets: tuple[str, ...] = Field((), description=".bin files of pairs (LFW, CFP-FP, …) for ten-fold accuracy")
    draws: int = Field(200, ge=20, le=10000, description="Bootstrap draws of each interval", advanced=True)

    @field_validator("shares")
    @classmethod
    def _between(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < share < 1 for share in shares):
            raise ValueError("name shares above 0 and below 1")
        return shares


def require_data(config: FrcsynConfig) -> None:
    """Say what is missing before pictures are made.

    Raises:
        BadConfig: no training set is named, or one twice.
    """
    if not config.real or not config.sources or not all(config.sources):
        raise BadConfig(
            "FRCSyn compares real with synthetic training data: set real and sources to world, rendered, id3, a folder "
            "PERSON/PICTURE, or a container."
        )
    if len(set(config.sources)) < len(config.sources):
        raise BadConfig(f"sources = {', '.join(config.sources)}: name each set once.")


_WORLD = {
    "scale": 32.0, "margin": 0.3, "lr": 5e-3, "weight_decay": 5e-4, "schedule": "cosine", "batch": 64, "warmup": 10,
}  # fmt: skip
_TINY = {
    **_WORLD, "network": "ir-xs", "steps": 4, "batch": 16, "warmup": 1, "margin_warmup": 2, "people": 20, "photos": 3,
    "rendered_people": 20, "rendered_photos": 3, "test_people": 24, "draws": 20, "precision": "fp32", "limit": 1000,
}  # fmt: skip
_DEMO = {
    **_WORLD, "steps": 90, "margin_warmup": 90, "people": 160, "photos": 8, "rendered_people": 160,
    "rendered_photos": 8, "test_people": 48, "limit": 2000,
}  # fmt: skip
_FULL = {
    **_WORLD, "sources": (RENDERED, DRAWN), "rendered_people": 400, "steps": 500, "margin_warmup": 400, "seeds": 3,
    "draws": 400,
}  # fmt: skip
_PAPER = {
    "real": "", "sources": (), "network": "ir-50", "optimiser": "sgd", "lr": 0.1, "weight_decay": 5e-4, "batch": 512,
    "steps": 39_000, "schedule": "steps", "seeds": 3, "coarse": 0.0, "shift_px": 0, "draws": 1000,
}  # fmt: skip

RECIPE = Recipe(
    name="frcsyn",
    title="FRCSyn: face recognition from synthetic data",
    paper=Paper(
        "Second Edition FRCSyn Challenge at CVPR 2024: Face Recognition Challenge in the Era of Synthetic Data",
        "CVPR Workshops 2024",
        "https://arxiv.org/abs/2404.10378",
    ),
    config=FrcsynConfig,
    run="engines.recognition.frcsyn.train:train",
    presets={"tiny": _TINY, "demo": _DEMO, "full": _FULL, "paper": _PAPER},
    group="check",
    says="One embedder trained on real, synthetic and mixed faces meets eight groups, ages, poses and occluders.",
)
