"""Consent: what silence means on each surface, and whose yes it takes."""

from __future__ import annotations

import pytest

from learning.consent import Words, lacking, said_in

WORDS = (None, True, False)


@pytest.mark.parametrize("surface", ["web", "console", "slack"])
def test_elsewhere_silence_is_a_yes_and_either_no_holds(surface: str) -> None:
    for person in WORDS:
        for workspace in WORDS:
            expected = person is not False and workspace is not False
            assert (not lacking(surface, Words(person, workspace))) is expected, (person, workspace)


def test_from_discord_both_must_have_said_yes() -> None:
    for person in WORDS:
        for workspace in WORDS:
            expected = person is True and workspace is True
            assert (not lacking("discord", Words(person, workspace))) is expected, (
                person,
                workspace,
            )


def test_it_is_said_whose_yes_is_lacking() -> None:
    assert lacking("discord", Words()) == ("workspace", "person")
    assert lacking("discord", Words(person=True)) == ("workspace",)
    assert lacking("discord", Words(workspace=True)) == ("person",)
    assert lacking("slack", Words(person=False)) == ("person",)
    assert lacking("slack", Words()) == ()


def test_in_a_place_of_ones_own_ones_yes_is_enough() -> None:
    assert lacking("discord", said_in("dm:7", Words(person=True))) == ()
    assert lacking("discord", said_in("dm:7", Words(workspace=True))) == ("workspace", "person")
    assert lacking("discord", said_in("7", Words(person=True))) == ("workspace",)
