from __future__ import annotations

import pytest

from learning.memory.slots import topic_of
from learning.memory.statements import read
from tests.bot.support import BEGIN


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("I prefer TypeScript.", "language"),
        ("I use Emacs.", "editor"),
        ("We deploy to Fly.", "hosting"),
        ("I live in Berlin.", "city"),
        ("Our database is PostgreSQL.", "database"),
    ],
)
def test_what_is_said_is_found_by_what_it_answers(said: str, word: str) -> None:
    (draft,) = read(said, BEGIN).drafts
    assert word in topic_of(draft.slot).split()


def test_a_slot_nobody_named_is_called_by_its_name() -> None:
    assert topic_of("favourite_colour") == "favourite colour"
    assert topic_of("") == ""
