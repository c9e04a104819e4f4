"""Where something is in Discord: whose it is, who reads along, where a reply goes."""

from __future__ import annotations

from uuid import UUID

import pytest

from integrations.contracts.delivery import Target
from integrations.surfaces.discord.hearing.places import (
    DIRECT,
    Place,
    guild_id_of,
    personal,
    place_of,
    refs_of,
)
from tests.surfaces.discord import payloads
from tests.surfaces.discord.payloads import ADA, FORUM, GENERAL, GUILD, SECRET, THREAD, Reader

NOBODY = UUID(int=0)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def here(reader: Reader, channel: int) -> Place | None:
    return place_of(reader.client.get_channel(channel), ADA)


def test_a_guild_is_a_workspace_and_a_public_thread_is_read_by_its_channel(reader: Reader) -> None:
    guild, general = str(GUILD), str(GENERAL)
    assert here(reader, GENERAL) == Place(guild, general, "", private=False, here=general)
    assert here(reader, THREAD) == Place(
        guild, general, str(THREAD), private=False, here=str(THREAD)
    )


def test_a_private_thread_is_read_by_nobody_else(reader: Reader) -> None:
    secret = str(SECRET)
    assert here(reader, SECRET) == Place(str(GUILD), secret, secret, private=False, here=secret)


def test_a_direct_message_is_in_a_workspace_of_the_persons_own(reader: Reader) -> None:
    said = reader.message(payloads.direct(payloads.message("hello")))
    place = place_of(said.channel, said.author.id)
    assert place is not None
    assert (place.workspace_id, place.thread_id, place.private) == (f"dm:{ADA}", DIRECT, True)
    assert guild_id_of(place.workspace_id) is None
    assert guild_id_of(str(GUILD)) == GUILD
    assert personal(ADA) == place.workspace_id


def test_a_forum_has_posts_and_nothing_else_is_a_place(reader: Reader) -> None:
    assert here(reader, FORUM) is not None
    assert place_of(object.__new__(_Group), ADA) is None


class _Group:
    """A conversation of several people, without a guild."""

    id = 5
    guild = None


def test_what_is_no_reference_is_left_out() -> None:
    assert refs_of("1:2,1:3") == ((1, 2), (1, 3))
    assert refs_of("") == refs_of("i:7") == refs_of("1:x") == ()
    assert refs_of("1:2,,C1:3") == ((1, 2),)


def target(**values: str) -> Target:
    common = {"surface": "discord", "workspace_id": "1", "user_id": "4"}
    given = {"channel_id": "2", "thread_id": "3"} | common | values
    return Target(**given, conversation_id=NOBODY, interaction_id=None, private=False)
