"""Eight tasks on the face world, one of each kind that CoIN has. Nothing here is a paper's data set.

    choice        ScienceQA  where a picture was taken, by an option's letter
    reading       TextVQA    a word drawn into the picture
    classes       ImageNet   what is worn before the face
    comparison    GQA        two people side by side: who is older, who is a man
    unanswerable  VizWiz     the colour of hair, which cannot always be told
    grounding     RefCOCO    the box of a part of the face
    yesno         VQAv2      yes or no
    labels        OCR-VQA    author and title on a label

Instructions are worded as CoIN's, so that they fall into the same groups. All tasks ask about one set of people; train
and test people differ. Everything follows from the seed of the world and the numbers of questions.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engines.continual.llaca.grouping import instruction
from engines.continual.llaca.tasks.asked import Part, Question, Task
from engines.continual.llaca.tasks.pictures import HAIRLESS, AskedSpec, Known, build
from engines.continual.llaca.tasks.scorers import SCORERS
from engines.faceworld.places import KINDS as PLACES
from engines.training.journal import Journal

LABEL = "face world: questions"
SEED = 7400
"""The people's seed of the world, which no other set of Mien's uses."""
SHORT = "Answer the question using a single word or phrase."
CHOOSE = "Answer with the option's letter from the given choices directly."
UNSURE = "When the provided information is insufficient, respond with 'Unanswerable'."
GROUND = "Please provide the bounding box coordinate of the region this sentence describes: "
WORN = {"none": "nothing", "sunglasses": "sunglasses", "surgical": "mask", "cloth": "scarf", "hat": "hat",
        "hand": "hand"}  # fmt: skip
HAIR = {"black": "black", "dark_brown": "brown", "brown": "brown", "light_brown": "blond", "blond": "blond",
        "red": "red"}  # fmt: skip
WORDS = ("sun", "moon", "tree", "fish", "bird", "lamp", "ship", "rose")
NAMES = ("anna", "omar", "li", "ruth", "noah", "ines")
PARTS = {"the face": slice(0, 68), "the left eye": slice(42, 48), "the right eye": slice(36, 42),
         "the nose": slice(27, 36), "the mouth": slice(48, 68)}  # fmt: skip
MARGIN = 0.02
"""Around the landmarks of a part, as a share of the picture."""
LETTERS = "ABC"
TEXTS = (
    "What is behind the person? A. B. C.", "What is the word in the picture?", "What is the object in the image?",
    "Which person is older, left or right?", "How many men are there? none one two", "What colour is the hair?",
    "unanswerable", "Is this a man? yes no", "Is the person young?", "Is something before the face?",
    "Does the person look to the left?", "What is the title of this book?", "Who wrote this book?", SHORT, CHOOSE,
    UNSURE, GROUND, *PLACES, *WORN.values(), *HAIR.values(), *WORDS, *NAMES, *PARTS,
)  # fmt: skip
"""All words of all tasks, whichever are asked."""


class Asked(NamedTuple):
    """What a task makes of a photograph: the picture, what is asked, what is right."""

    image: np.ndarray
    turn: str
    answer: str


Make = Callable[[Known, int, np.random.Generator], Asked]


class Drawn:
    """Pictures that a task has made."""

    def __init__(self, images: Sequence[np.ndarray] | np.ndarray):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def read(self, number: int) -> np.ndarray:
        """See `asked.Pictures`."""
        return np.asarray(self.images[number])


def choice(known: Known, index: int, rng: np.random.Generator) -> Asked:
    """Three places, one of which is behind the person."""
    right = str(known.place[index])
    others = [place for place in np.unique(known.place).tolist() if place != right]
    options = rng.permutation([right, *rng.permutation(others)[:2]]).tolist()
    listed = " ".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False))
    turn = f"What is behind the person?\n{listed}\n{CHOOSE}"
    return Asked(known.images[index], turn, LETTERS[options.index(right)])


def reading(known: Known, index: int, rng: np.random.Generator) -> Asked:
    """One word on a band across the picture."""
    word = str(rng.choice(WORDS))
    return Asked(written(known.images[index], [word]), f"What is the word in the picture?\n{SHORT}", word)


def classes(known: Known, index: int, rng: np.random.Generator) -> Asked:
    """What is before the face."""
    return Asked(known.images[index], f"What is the object in the image?\n{SHORT}",
                 WORN[str(known.occluder[index])])  # fmt: skip


def comparison(known: Known, index: int, rng: np.random.Generator) -> Asked:
    """Two photographs side by side; half of the questions compare ages, half look for a man."""
    other = int(rng.integers(len(known) - 1))
    other += other >= index
    image = np.concatenate([_middle(known.images[index]), _middle(known.images[other])], 1)
    if rng.random() < 0.5:
        answer = "left" if known.years[index] > known.years[other] else "right"
        return Asked(image, f"Which person is older, left or right?\n{SHORT}", answer)
    count = int(known.male[index]) + int(known.male[other])
    return Asked(image, f"How many men are there?\n{SHORT}", ("none", "one", "two")[count])


def unanswerable(known: Known, index: int, rng: np.random.Generator) -> Asked:
    """The colour of hair, where any is seen."""
    seen = known.hairy[index] > HAIRLESS and known.occluder[index] != "hat"
    answer = HAIR[str(known.hair[index])] if seen else "unanswerable"
    return Asked(known.images[index], f"What colour is the hair?\n{UNSURE}\n{SHORT}", answer)


def grounding(known: Known, index: int, rng: np.random.Generator) -> Asked:
    """The box of a part of the face, as shares of the picture."""
    part = str(rng.choice(list(PARTS)))
    points, side = known.landmarks[index][PARTS[part]], known.images.shape[1]
    low, high = points.min(0) / side - MARGIN, points.max(0) / side + MARGIN
    numbers = [min(0.99, max(0.0, float(value))) for value in (*low, *high)]
    return Asked(known.images[index], GROUND + part, "[" + ", ".join(f"{value:.2f}" for value in numbers) + "]")


def yesno(known: Known, index: int, rng: np.random.Generator) -> Asked:
    """One of four questions with yes or no."""
    asked = {
        "Is this a man?": known.male[index], "Is the person young?": known.years[index] < 35,
        "Is something before the face?": known.occluder[index] != "none",
        "Does the person look to the left?": known.yaw[index] < 0,
    }  # fmt: skip
    text = str(rng.choice(list(asked)))
    return Asked(known.images[index], f"{text}\n{SHORT}", "yes" if asked[text] else "no")


def labels(known: Known, index: int, rng: np.random.Generator) -> Asked:
    """A label with a title above and an author below; one of them is asked for."""
    title, author = str(rng.choice(WORDS)), str(rng.choice(NAMES))
    image = written(known.images[index], [title, author])
    if rng.random() < 0.5:
        return Asked(image, f"What is the title of this book?\n{SHORT}", title)
    return Asked(image, f"Who wrote this book?\n{SHORT}", author)


class Kind(NamedTuple):
    """A kind of task: whose stand-in, how its questions are made, how it is scored, which line is its instruction."""

    like: str
    make: Make
    scorer: str
    told: Callable[[str], str] = instruction


KINDS: dict[str, Kind] = {
    "choice": Kind("ScienceQA", choice, "letter"),
    "reading": Kind("TextVQA", reading, "soft"),
    "classes": Kind("ImageNet", classes, "contained", lambda turn: turn.splitlines()[0]),
    "comparison": Kind("GQA", comparison, "exact"),
    "unanswerable": Kind("VizWiz", unanswerable, "exact"),
    "grounding": Kind("Grounding", grounding, "overlapping", lambda turn: instruction(turn, ":")),
    "yesno": Kind("VQAv2", yesno, "exact"),
    "labels": Kind("OCR-VQA", labels, "exact"),
}
"""In CoIN's order."""


class World:
    """The photographs that tasks ask about.

    Args:
        train, test: how many photographs of each.
    """

    def __init__(self, train: int, test: int, journal: Journal):
        self.counts, self.journal = {"train": train, "test": test}, journal

    @cached_property
    def known(self) -> dict[str, Known]:
        """The two sets."""
        return {
            split: build(AskedSpec(split, count, 1, frontal=True, occluders=0.6, seed=SEED), self.journal, split)
            for split, count in self.counts.items()
        }

    def task(self, name: str) -> Task:
        """A task of `KINDS`, one question about each photograph."""
        kind = KINDS[name]
        parts = {split: self._part(name, known, split) for split, known in self.known.items()}
        told = dict.fromkeys(kind.told(question.turn) for question in parts["train"].questions)
        return Task(name, kind.like, parts["train"], parts["test"], tuple(told), SCORERS[kind.scorer])

    def _part(self, name: str, known: Known, split: str) -> Part:
        number = list(KINDS).index(name)
        rng = np.random.default_rng([SEED, number, split == "test"])
        asked = [KINDS[name].make(known, index, rng) for index in range(len(known))]
        questions = tuple(Question(index, one.turn, (one.answer,)) for index, one in enumerate(asked))
        return Part(Drawn([one.image for one in asked]), questions)


def written(image: np.ndarray, lines: Sequence[str]) -> np.ndarray:
    """A copy of a picture with lines of text on pale bands, as large as fits."""
    picture = Image.fromarray(np.array(image))
    pen, (width, height) = ImageDraw.Draw(picture), picture.size
    for number, line in enumerate(lines):
        band = height // 4
        top = height - band * (len(lines) - number)
        pen.rectangle((0, top, width, top + band), fill=(245, 245, 240))
        font = ImageFont.load_default(band * 0.9)
        left, up, right, down = pen.textbbox((0, 0), line, font=font)
        at = ((width - right - left) / 2, top + (band - down - up) / 2)
        pen.text(at, line, fill=(10, 10, 30), font=font)
    return np.array(picture)


def _middle(image: np.ndarray) -> np.ndarray:
    width = image.shape[1]
    return image[:, width // 4 : width // 4 + width // 2]
