"""What is drawn of a person besides the bare head: hair, glasses, clothes, and what occludes, joined to one mesh."""

import functools
from typing import NamedTuple

import numpy as np

from engines.faceworld.accessories import LENSES, Part, garment, glasses, joined, lenses
from engines.faceworld.basis import CLOTH, COVER, FRAME, HAIR, HAND, LENS, TEETH, load_basis
from engines.faceworld.beards import Beard, grow_beard
from engines.faceworld.coverings import covering
from engines.faceworld.hair import risen
from engines.faceworld.hands import hand
from engines.faceworld.hats import hat, pressed
from engines.faceworld.occluders import Occluder
from engines.faceworld.people import Person
from engines.faceworld.raster import vertex_normals
from engines.faceworld.shade import Mesh
from engines.faceworld.teeth import teeth


class Layer(NamedTuple):
    """A part, its region (see `basis`), and its vertices' scalars (N, 3): colour, or brightness first."""

    part: Part
    region: int
    scalars: np.ndarray


class Worn(NamedTuple):
    """What moves with the head, what with the shoulders, and the whole mesh: head, rigid, clothes; whether the rigid
    part has a beard, just after the hair."""

    rigid: Part
    clothes: Part
    mesh: Mesh
    bearded: bool


def worn_by(person: Person, with_glasses: bool, occluder: Occluder, head: np.ndarray) -> Worn:
    """All that is drawn of a person, glasses on or off. `head` (V, 3) is the head with its expression; under a hat its
    hair is pressed, in place."""
    if occluder.kind == "none":
        return _moved(_everyday(person, with_glasses), person, head)
    glazed = with_glasses and occluder.kind != "sunglasses"
    layers = list(_layers(person, glazed, occluder.kind not in ("surgical", "cloth")))
    if occluder.kind == "hat":
        hair, bare = layers[0].part, _bare(person)
        layers[0] = layers[0]._replace(part=hair._replace(vertices=pressed(hair.vertices, bare, occluder)))
        scalp = person.hair.line > 0
        head[scalp] = pressed(head[scalp], bare, occluder)
    return _moved(_assembled(person, [*layers, *_before_the_face(person, occluder, head)]), person, head)


def _moved(worn: Worn, person: Person, head: np.ndarray) -> Worn:
    """With the beard, if it is drawn, where the face has moved it."""
    beard = _beard(person)
    if beard is None or not worn.bearded:
        return worn
    first, last = len(person.hair.vertices), len(person.hair.vertices) + len(beard.carriers)
    vertices = worn.rigid.vertices.copy()
    vertices[first:last] += (head - person.vertices)[beard.carriers]
    return worn._replace(rigid=worn.rigid._replace(vertices=vertices))


@functools.lru_cache(maxsize=64)
def _beard(person: Person) -> Beard | None:
    return grow_beard(person.skin, person.vertices, np.random.default_rng([person.marks.growth, 2]))


@functools.lru_cache(maxsize=64)
def _bare(person: Person) -> np.ndarray:
    """The head (V, 3) without the rise of its hair."""
    rise = risen(person.hair.line, person.style.base)
    return person.vertices - vertex_normals(person.vertices, load_basis().faces) * rise[:, None]


@functools.lru_cache(maxsize=64)
def _everyday(person: Person, with_glasses: bool) -> Worn:
    return _assembled(person, list(_layers(person, with_glasses, True)))


@functools.lru_cache(maxsize=64)
def _layers(person: Person, with_glasses: bool, with_beard: bool) -> tuple[Layer, ...]:
    hair, specs = person.hair, person.glasses
    layers = [Layer(Part(hair.vertices, hair.rest, hair.normals, hair.faces), HAIR, hair.strands)]
    beard = _beard(person)
    if beard is not None and with_beard:
        locks = beard.locks
        layers.append(Layer(Part(locks.vertices, locks.rest, locks.normals, locks.faces), HAIR, locks.strands))
    if with_glasses:
        part = glasses(person.vertices, specs.roundness, specs.size, specs.rim)
        layers.append(Layer(part, FRAME, _brightness(np.ones(len(part.vertices)))))
    row, numbers = teeth(person.vertices)
    layers.append(Layer(row, TEETH, numbers))
    return tuple(layers)


def _before_the_face(person: Person, occluder: Occluder, head: np.ndarray) -> list[Layer]:
    if occluder.kind in ("surgical", "cloth"):
        part, colours = covering(head, occluder)
        return [Layer(part, COVER, colours)]
    if occluder.kind == "hat":
        part, colours = hat(_bare(person), occluder)
        return [Layer(part, COVER, colours)]
    if occluder.kind == "hand":
        part, colours = hand(head, occluder, person.skin.colour)
        return [Layer(part, HAND, colours)]
    round_, size = LENSES[occluder.variant]
    frame = glasses(person.vertices, round_, size * occluder.size, 0.003)
    glass = lenses(person.vertices, round_, size * occluder.size)
    dyed = ((frame, occluder.accent), (glass, occluder.colour))
    return [Layer(part, LENS, _even(part, colour)) for part, colour in dyed]


def _assembled(person: Person, layers: list[Layer]) -> Worn:
    basis, cloth = load_basis(), garment()
    rigid = joined([layer.part for layer in layers])
    layers = [*layers, Layer(cloth, CLOTH, _brightness(np.ones(len(cloth.vertices))))]
    whole = joined([Part(basis.mean, basis.mean, basis.mean, basis.faces), *(layer.part for layer in layers)])
    bare = np.stack([basis.occlusion, basis.lips, person.hair.line], 1)
    scalars = np.concatenate([bare, *(layer.scalars for layer in layers)]).astype(np.float32)
    regions = [basis.regions, *(np.full(len(layer.part.faces), layer.region, np.int32) for layer in layers)]
    mesh = Mesh(whole.faces, np.concatenate(regions), whole.rest, whole.normals, scalars)
    bearded = len(layers) > 2 and layers[1].region == HAIR
    return Worn(rigid, cloth, mesh, bearded)


def _brightness(values: np.ndarray) -> np.ndarray:
    return np.column_stack([values, np.zeros((len(values), 2))]).astype(np.float32)


def _even(part: Part, colour: tuple[float, float, float]) -> np.ndarray:
    return np.tile(np.array(colour, np.float32), (len(part.vertices), 1))
