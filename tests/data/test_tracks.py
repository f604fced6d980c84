"""Faces told apart: two that pass each other, one that leaves, one that is cut away."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engines.data import tracks
from engines.data.face import Face
from engines.data.faces import find_faces, follow_faces
from engines.data.tracks import FaceTracker, overlap
from tests.data.clips_made import moving, photograph

LANDMARKS = np.array([[10, 15], [30, 15], [20, 25], [12, 32], [28, 32]], np.float32)


class Scene:
    """A tracker's world without pictures: people are (place, looks), each frame a dict of those who are there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.people: dict[str, tuple[float, float]] = {}
        self.searches = 0
        monkeypatch.setattr(tracks, "find_faces", self.search)
        monkeypatch.setattr(tracks, "follow_faces", self.follow)
        self.tracker = FaceTracker(embed=self.embed)

    def frame(self, time_s: float, shot: int = 0, **people: tuple[float, float]) -> dict[str, int]:
        """Who has which track: people by name -> (x, embedding)."""
        self.people = people
        found = self.tracker(np.zeros((4, 4, 3), np.uint8), time_s, shot)
        names = {round(x): name for name, (x, _) in people.items()}
        return {names[round(float(one.face.box[0]))]: one.track for one in found}

    def search(self, image, **how):
        self.searches += 1
        return [face(x) for x, _ in self.people.values()]

    def follow(self, image, boxes):
        """The face that overlaps most."""
        there = [face(x) for x, _ in self.people.values()]
        shared = [
            overlap(box[None], np.stack([one.box for one in there]))[0] if there else np.zeros(1) for box in boxes
        ]
        return [there[int(row.argmax())] if row.max() > 0.4 else None for row in shared]

    def embed(self, image, faces):
        looks = {round(x): kind for x, kind in self.people.values()}
        return np.array([[looks[round(float(one.box[0]))], 0.0] for one in faces])


def face(x: float) -> Face:
    return Face(np.array([x, 0, x + 40, 40], np.float32), LANDMARKS + np.array([x, 0], np.float32), 0.99)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def test_faces_keep_their_numbers_while_they_move(scene: Scene) -> None:
    for step in range(20):
        assert scene.frame(step / 10, ann=(step * 3, 0), bob=(200 - step * 2, 1)) == {"ann": 0, "bob": 1}
    assert scene.searches == 2, "between two searches they are followed"


def test_two_who_pass_each_other_are_told_apart_by_their_looks(scene: Scene) -> None:
    seen = [scene.frame(step / 10, ann=(step * 8, 0), bob=(163 - step * 8, 1)) for step in range(21)]
    assert all(one == {"ann": 0, "bob": 1} for one in seen if len(one) == 2)
    assert seen[-1] == {"ann": 0, "bob": 1}


def test_who_comes_back_soon_is_the_same_and_later_a_new_track(scene: Scene) -> None:
    assert scene.frame(0, ann=(0, 0)) == {"ann": 0}
    assert scene.frame(0.5) == {}
    assert scene.frame(1.5, ann=(300, 0)) == {"ann": 0}, "elsewhere, but it looks the same"
    assert scene.frame(9.0, ann=(300, 0)) == {"ann": 1}


def test_another_person_in_the_same_place_is_another_track(scene: Scene) -> None:
    assert scene.frame(0, ann=(0, 0)) == {"ann": 0}
    assert scene.frame(1.2, bob=(0, 1)) == {"bob": 1}


def test_every_track_ends_at_a_cut(scene: Scene) -> None:
    assert scene.frame(0, ann=(0, 0)) == {"ann": 0}
    assert scene.frame(0.04, shot=1, ann=(0, 0)) == {"ann": 1}


def test_at_most_four_are_followed(scene: Scene) -> None:
    assert len(scene.frame(0, **{f"p{n}": (n * 100, n) for n in range(7)})) == 4


boxes = st.lists(st.tuples(*[st.integers(0, 50)] * 2, *[st.integers(1, 50)] * 2), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None)
@given(boxes)
def test_overlap_is_of_itself_whole_and_the_same_both_ways(rows: list[tuple[int, ...]]) -> None:
    made = np.array([(x, y, x + w, y + h) for x, y, w, h in rows], float)
    shared = overlap(made, made)
    np.testing.assert_allclose(np.diag(shared), 1)
    np.testing.assert_allclose(shared, shared.T)
    assert ((shared >= 0) & (shared <= 1)).all()


def test_overlap_by_hand() -> None:
    assert overlap(np.array([[0, 0, 2, 2]]), np.array([[1, 1, 3, 3]]))[0, 0] == pytest.approx(1 / 7)


def test_a_face_is_followed_in_a_close_up_and_not_where_it_is_not() -> None:
    first, later = moving(1)[0], moving(1, start=2)[0]
    (face,) = find_faces(first)
    (found,) = follow_faces(later, [face.box])
    (searched,) = find_faces(later)
    assert found is not None
    np.testing.assert_allclose(found.landmarks, searched.landmarks, atol=2.5)
    assert follow_faces(np.full_like(first, 90), [face.box]) == [None]
    assert follow_faces(first, []) == []


def test_two_real_faces_of_a_photograph_that_swap_sides() -> None:
    """The portrait and a rendered head: pictures, embedder and detector as they are."""
    from engines.faceworld.camera import finish
    from engines.faceworld.people import Person
    from engines.faceworld.photo import Photo
    from engines.faceworld.render import render

    photo = Photo.sample(3, frontal=True)
    head = Image.fromarray(finish(render(Person.sample(5), photo, 160).image, photo.camera))
    portrait = photograph(512).crop((130, 10, 330, 210)).resize((160, 160))
    tracker, numbers = FaceTracker(), []
    for step, (left, right) in enumerate([(portrait, head), (portrait, head), (head, portrait)]):
        canvas = Image.new("RGB", (480, 200), (70, 80, 90))
        canvas.paste(left, (20, 20))
        canvas.paste(right, (300, 20))
        found = tracker(np.asarray(canvas), step * 1.1)
        numbers.append([one.track for one in sorted(found, key=lambda one: float(one.face.box[0]))])
    assert len(numbers[0]) == 2
    assert numbers[1] == numbers[0]
    assert numbers[2] == numbers[0][::-1]
