"""Methods by name, as parts of a training stream."""

from functools import partial

from engines.augmentation.deda.combine import Combiner, Geometry, Rules
from engines.augmentation.deda.filters import Judge
from engines.augmentation.deda.recipe import DEDA, GENERATED, MIXERS, RUNGS, DedaConfig
from engines.augmentation.deda.workshop import Workshop, ways
from engines.augmentation.rivals.generated import Replacing
from engines.augmentation.rivals.mixing import MIXERS as FUNCTIONS
from engines.augmentation.stream import Parts, Replace


def rules(name: str, config: DedaConfig) -> Rules:
    """De-DA, or a rung of its ladder, each with what the one before has.

    - synthetic: variants of a picture's own object before its own place, unmoved.
    - pairing: any object of the class before any place of the class, moved and turned.
    - inter-class: places of other classes. - de-da: a second object now and then.
    """
    moved = Geometry(config.flip, config.turn_deg, config.placed, config.reach, config.least, config.most,
                     config.visible)  # fmt: skip
    whole = Rules(config.combined, config.synthetic, config.places, config.mixed, False, moved)
    if name == "synthetic":
        return Rules(config.combined, config.synthetic, "own", 0.0, True, Geometry.still())
    if name == "pairing":
        return Rules(config.combined, config.synthetic, "same-class", 0.0, False, moved)
    if name == "inter-class":
        return Rules(config.combined, config.synthetic, config.places, 0.0, False, moved)
    return whole


def parts(name: str, workshop: Workshop, judge: Judge | None) -> Parts:
    """What a method adds to plain training; makes what it needs offline.

    Raises:
        Stopped, BadInput: as `Workshop.bank` and `Workshop.made`.
    """
    config, replace, mix, named = workshop.config, None, None, name.split("+")
    for part in named:
        if part in (DEDA, *RUNGS, *GENERATED):
            replace = _replacing(part, workshop, judge)
        elif part in MIXERS:
            mix = partial(FUNCTIONS[part], alpha=config.mix_alpha)
    return Parts(replace, "randaugment" in named, mix)


def _replacing(part: str, workshop: Workshop, judge: Judge | None) -> Replace:
    config, train = workshop.config, workshop.setting.train
    if part in GENERATED:
        made = workshop.made(part)
        return Replacing(made, train.labels, len(train.classes), ways(config)[part], config.canvas_px)
    return Combiner(workshop.bank(judge), len(train.classes), config.canvas_px, rules(part, config))
