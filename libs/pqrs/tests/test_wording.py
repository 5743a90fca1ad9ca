"""The texts that whoever writes a mail and whoever reads it share."""

from __future__ import annotations

from pqrs import wording
from pqrs.catalogue import PQRS_TYPES, TOPICS


def test_every_type_has_a_subject_of_its_own() -> None:
    """A reader can tell types apart by how subjects begin, up to where the topic follows."""
    assert tuple(wording.REQUEST_SUBJECTS) == PQRS_TYPES
    assert len(set(wording.REQUEST_SUBJECTS.values())) == len(PQRS_TYPES)
    names = [*wording.REQUEST_SUBJECTS.values(), *(topic.name for topic in TOPICS)]
    assert not any(wording.BEFORE_TOPIC in name for name in names)


def test_no_subject_begins_like_another() -> None:
    """A kind is known by the beginning of its subject, whichever is tried first."""
    subjects = list(wording.SUBJECTS.values())
    assert not [(a, b) for a in subjects for b in subjects if a != b and a.startswith(b)]
    assert len(set(subjects)) == len(subjects)
