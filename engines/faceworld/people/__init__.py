"""People: traits by demographic group, a code of the head's shape, and what age does to them.

`Person.sample(seed, group)` draws one, `Person.of(seed, group, melanin=0.3)` changes it, `person.at_age(60)` ages it,
`between` and `twin` make look-alikes, `balanced` makes a sample with equal groups.
"""

from engines.faceworld.people.alike import between, twin
from engines.faceworld.people.groups import GROUPS, MIXES, balanced
from engines.faceworld.people.palette import GREY, HAIR_COLOURS, IRIS_COLOURS, Colour
from engines.faceworld.people.person import Attributes, Marks, Person
from engines.faceworld.people.surface import Features, Glasses, Skin
from engines.faceworld.people.traits import TRAITS, YEARS, Trait, Traits

__all__ = [
    "GREY",
    "GROUPS",
    "HAIR_COLOURS",
    "IRIS_COLOURS",
    "MIXES",
    "TRAITS",
    "YEARS",
    "Attributes",
    "Colour",
    "Features",
    "Glasses",
    "Marks",
    "Person",
    "Skin",
    "Trait",
    "Traits",
    "balanced",
    "between",
    "twin",
]
