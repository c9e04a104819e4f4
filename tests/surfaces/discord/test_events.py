"""Which messages of Discord's concern us, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from integrations.surfaces.discord.hearing import events
from integrations.surfaces.discord.hearing.events import Edited, Ignored, Said
from integrations.surfaces.discord.hearing.people import person_of
from integrations.surfaces.discord.hearing.places import place_of
from tests.surfaces.discord.payloads import (
    ADA,
    BO,
    GENERAL,
    ME,
    OUR_ROLE,
    THREAD,
    US,
    Json,
    Reader,
    attachment,
    direct,
    message,
    reply_to,
    user,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CALLED: Json = {"mentions": [user(US)]}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def via(reader: Reader, data: Json) -> str:
    found = events.via_of(reader.message(data), ME)
    return "ignored" if isinstance(found, Ignored) else found


def said(reader: Reader, data: Json) -> Said:
    read = reader.message(data)
    how = events.via_of(read, ME)
    place = place_of(read.channel, read.author.id)
    assert place is not None
    assert not isinstance(how, Ignored)
    return events.said(read, place, how, ME)


def test_messages_reach_us_by_name_by_reply_in_a_thread_or_directly(reader: Reader) -> None:
    ours, bos = message("42", by=US), message("what is 6 * 7?", by=BO)
    assert via(reader, message(f"<@{US}> what is 6 * 7?", **CALLED)) == "mention"
    assert via(reader, message("what is 6 * 7?")) == "aside"
    assert via(reader, message("and 6 * 8?", id_=2, **reply_to(ours))) == "reply"
    assert via(reader, message("42", id_=2, **reply_to(bos))) == "ignored"
    assert via(reader, message("and 6 * 8?", channel=THREAD)) == "thread"
    assert via(reader, direct(message("what is 6 * 7?"))) == "direct"
    role = f"<@&{OUR_ROLE}> what is 6 * 7?"
    assert via(reader, message(role, mention_roles=[str(OUR_ROLE)])) == "mention"


@pytest.mark.parametrize(
    "data",
    [
        message("42", by=US),
        message("42", author=user(BO, bot=True), **CALLED),
        message("42", webhook_id="5", **CALLED),
        message("", type=7, **CALLED),
        message(f"<@{BO}> what do you think?", channel=THREAD),
        message("42", channel=THREAD, id_=2, **reply_to(message("6 * 7?", by=BO))),
        message("@everyone look", channel=THREAD, mention_everyone=True),
    ],
    ids=[
        *("our own", "an app", "a webhook", "somebody joined"),
        *("somebody else", "their reply", "everybody"),
    ],
)
def test_what_no_person_says_to_us_is_ignored(reader: Reader, data: Json) -> None:
    assert via(reader, data) == "ignored"


def test_a_message_reads_as_people_read_it(reader: Reader) -> None:
    text = (
        f"<@!{US}>: ask <@{BO}> in <#{GENERAL}> <a:wave:77> about `<@{BO}>` and "
        f"<@{US}> </ask:5> <@9990000> <@{US}>"
    )
    read = said(reader, message(text, mentions=[user(US), user(BO)]))
    assert read.text == f"ask @bo in #c{GENERAL} :wave: about `<@{BO}>` and @mynah /ask @9990000"
    assert (read.message_ref, read.origin.event_id) == (f"{GENERAL}:1", "m:1")


def test_a_post_in_a_forum_begins_with_its_title(reader: Reader) -> None:
    first = said(reader, message(f"<@{US}> please", channel=THREAD, id_=THREAD, **CALLED))
    assert first.text == f"c{THREAD}\n\nplease"
    assert said(reader, message(f"<@{US}>", channel=THREAD, id_=THREAD, **CALLED)).text
    assert said(reader, message(f"<@{US}>", channel=THREAD, id_=7, **CALLED)).blank


def test_a_message_that_is_passed_on_follows_as_a_quotation(reader: Reader) -> None:
    passed_on = {"message": message("first\nsecond", attachments=[attachment("a.txt", "text/x")])}
    read = said(reader, message(f"<@{US}> why?", message_snapshots=[passed_on], **CALLED))
    assert read.text == "why?\n\n> first\n> second"
    assert [file.name for file in read.files] == ["a.txt"]


def test_files_come_along_a_voice_message_is_one(reader: Reader) -> None:
    voice = attachment("voice-message.ogg", "audio/OGG", duration_secs=1.5, waveform="AA==")
    read = said(reader, direct(message("", attachments=[voice], flags=8192)))
    (file,) = read.files
    assert (file.name, file.media_type, file.size) == ("voice-message.ogg", "audio/ogg", 12)
    assert file.ref.startswith("https://cdn.discordapp.com/")
    assert read.incoming("main").text == ""
    assert not read.blank


def test_only_our_name_is_refused_with_what_to_write(reader: Reader) -> None:
    read = said(reader, message(f"<@{US}>", **CALLED))
    assert read.blank
    with pytest.raises(ValueError, match="write a question"):
        read.incoming("1")


def test_an_edit_goes_by_its_time_and_a_preview_is_none(reader: Reader) -> None:
    def edit(data: Json) -> Edited | Ignored:
        read = reader.message(data)
        place = place_of(read.channel, ADA)
        assert place is not None
        return events.edited(read, place, "aside", ME)

    assert isinstance(edit(message("6 * 7")), Ignored)
    first = edit(message("6 * 8", edited_timestamp="2026-03-02T09:31:00.123456+00:00"))
    later = edit(message("6 * 9", edited_timestamp="2026-03-02T09:31:00.123457+00:00"))
    assert isinstance(first, Edited)
    assert isinstance(later, Edited)
    assert first.origin.event_id != later.origin.event_id
    assert first.incoming().message_ref == f"{GENERAL}:1"


def reaction(name: str | None, *, by: int = ADA, to: int | None = US) -> Any:
    data: Any = {"message_id": "1", "channel_id": str(GENERAL), "user_id": str(by), "type": 0}
    if to:
        data["message_author_id"] = str(to)
    emoji = discord.PartialEmoji(name=name)  # type: ignore[arg-type]
    return discord.RawReactionActionEvent(data, emoji, "REACTION_ADD")


def test_reactions_to_us_count_and_those_to_others_or_of_ours_do_not(reader: Reader) -> None:
    assert events.not_ours(reaction("👍"), ME) is None
    assert events.not_ours(reaction("👍", to=None), ME) is None
    for other in (reaction("👍", to=BO), reaction("👍", by=US), reaction(None)):
        assert isinstance(events.not_ours(other, ME), Ignored)
    place = place_of(reader.client.get_channel(GENERAL), ADA)
    assert place is not None
    found = events.reacted(reaction("👍🏽"), place, "r:s:7", NOW)
    assert (found.ref, found.emoji, found.removed) == (f"{GENERAL}:1", "👍🏽", False)


def test_who_manages_the_guild_is_an_admin(reader: Reader) -> None:
    member: Json = {"roles": [], "joined_at": None, "flags": 0}
    for by, admin in ((ADA, False), (BO, True)):  # it belongs to Bo
        read = reader.message(message("hello", by=by, member=member))
        place = place_of(read.channel, by)
        assert place is not None
        person = person_of(place, read.author)
        assert (person.admin, person.outsider, person.channel_id) == (admin, False, str(GENERAL))
