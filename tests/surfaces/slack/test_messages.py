"""What people write in Slack: which of it is for us, and how it reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from integrations.surfaces.slack.reading.events import (
    Attachment,
    Bot,
    Deleted,
    Edited,
    Ignored,
    Maybe,
    Said,
    incoming,
)
from tests.surfaces.slack.payloads import (
    ADA,
    APP,
    BO,
    CHANNEL,
    DM,
    FOREIGN,
    GROUP,
    LATER,
    OUR_BOT,
    ROOT,
    TEAM,
    TS,
    US,
    Json,
    changed,
    deleted,
    event,
    file,
    mention,
    said,
)

BOT: Final = Bot(US, OUR_BOT, APP)
QUESTION: Final = f"<@{US}> what is a monad?"


def read(inner: Json, **outer: Any) -> object:
    return incoming(event(inner, **outer), BOT)


class TestQuestions:
    def test_a_mention_becomes_a_message_that_passes_the_front_door(self) -> None:
        found = read(mention(QUESTION))

        assert isinstance(found, Said)
        message = found.incoming()
        assert message.text == "what is a monad?"
        assert (message.surface, message.workspace_id) == ("slack", TEAM)
        assert (message.user_id, message.channel_id) == (ADA, CHANNEL)
        assert message.thread_id == TS
        assert message.message_ref == f"{CHANNEL}:{TS}"
        assert not message.private
        assert message.occurred_at == datetime(2025, 11, 21, 18, 33, 20, 100, tzinfo=UTC)

    def test_slack_knows_best_whether_we_are_mentioned(self) -> None:
        found = read(mention("<@W0MYNAH01> what is a monad?"))

        assert isinstance(found, Said)
        assert found.via == "mention"

    def test_little_need_be_known_of_us_to_tell_people_apart(self) -> None:
        assert isinstance(incoming(event(said(QUESTION)), Bot(US)), Said)
        assert isinstance(incoming(event(said(QUESTION, user=US)), Bot(US)), Ignored)

    def test_a_message_told_of_twice_is_one(self) -> None:
        as_mention = incoming(event(mention(QUESTION), event_id="Ev1"), BOT)
        as_message = incoming(event(said(QUESTION), event_id="Ev2"), BOT)

        assert as_mention == as_message
        assert isinstance(as_mention, Said)
        assert as_mention.origin.event_id == f"m:{CHANNEL}:{TS}"

    def test_a_direct_message_without_a_thread_is_in_the_one_thread(self) -> None:
        found = read(said("hello", channel=DM, kind="im"))

        assert isinstance(found, Said)
        assert (found.via, found.origin.thread_id, found.origin.private) == ("direct", "dm", True)

    def test_a_direct_message_in_a_thread_stays_in_it(self) -> None:
        found = read(said("hello", channel=DM, kind="im", thread_ts=ROOT))

        assert isinstance(found, Said)
        assert found.origin.thread_id == ROOT

    def test_a_mention_in_a_thread_stays_in_it(self) -> None:
        found = read(mention(QUESTION, thread_ts=ROOT))

        assert isinstance(found, Said)
        assert found.origin.thread_id == ROOT

    @pytest.mark.parametrize(("channel", "kind"), [(CHANNEL, "channel"), (GROUP, "mpim")])
    def test_what_people_say_to_each_other_is_left_alone(self, channel: str, kind: str) -> None:
        assert isinstance(read(said("lunch?", channel=channel, kind=kind)), Ignored)

    @pytest.mark.parametrize(("channel", "kind"), [(GROUP, "mpim"), (GROUP, "group")])
    def test_a_mention_in_a_group_is_a_question_that_others_can_read(
        self, channel: str, kind: str
    ) -> None:
        found = read(said(QUESTION, channel=channel, kind=kind))

        assert isinstance(found, Said)
        assert (found.via, found.origin.private) == ("mention", False)

    def test_a_follow_up_is_for_us_only_if_we_take_part(self) -> None:
        found = read(said("and in Python?", thread_ts=ROOT, parent_user_id=BO))

        assert isinstance(found, Maybe)
        assert found.said.via == "thread"
        assert (found.said.origin.channel_id, found.said.origin.thread_id) == (CHANNEL, ROOT)

    def test_a_reply_to_a_message_of_ours_is_for_us(self) -> None:
        found = read(said("and in Python?", thread_ts=ROOT, parent_user_id=US))

        assert isinstance(found, Said)

    def test_a_follow_up_that_names_somebody_else_first_is_not_for_us(self) -> None:
        assert isinstance(read(said(f"<@{BO}> do you know?", thread_ts=ROOT)), Ignored)

    def test_a_mention_alone_has_no_text_and_the_front_door_says_so(self) -> None:
        found = read(mention(f"<@{US}>"))

        assert isinstance(found, Said)
        assert not found.text
        with pytest.raises(ValueError, match="the message is empty"):
            found.incoming()

    def test_a_question_that_is_too_long_is_refused_with_a_sentence(self) -> None:
        found = read(said("x" * 40_001, channel=DM, kind="im"))

        assert isinstance(found, Said)
        with pytest.raises(ValueError, match="40,001 characters"):
            found.incoming()

    @pytest.mark.parametrize("subtype", ["thread_broadcast", "me_message", "file_share"])
    def test_people_speak_in_several_ways(self, subtype: str) -> None:
        assert isinstance(read(said(QUESTION, thread_ts=ROOT, subtype=subtype)), Said)

    @pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "pinned_item", "x" * 99])
    def test_what_slack_says_of_itself_is_left_alone(self, subtype: str) -> None:
        assert isinstance(read(said(QUESTION, subtype=subtype)), Ignored)

    @pytest.mark.parametrize(
        "signs",
        [
            {"user": US},
            {"bot_id": OUR_BOT},
            {"bot_id": "B0OTHER01"},
            {"app_id": APP},
            {"bot_profile": {"id": "B0OTHER01", "app_id": "A0OTHER01"}},
            {"subtype": "bot_message"},
            {"user": "USLACKBOT"},
            {"user": None},
        ],
    )
    @pytest.mark.parametrize("write", [said, mention])
    def test_what_machines_write_is_left_alone(self, write: Any, signs: Json) -> None:
        assert isinstance(read(write(QUESTION, **signs)), Ignored)

    def test_a_message_passed_on_to_us_is_quoted(self) -> None:
        shared = {"is_share": True, "text": "a &lt; b\nor so", "author_id": BO}
        found = read(said("what is that?", channel=DM, kind="im", attachments=[shared]))

        assert isinstance(found, Said)
        assert found.text == "what is that?\n\n> a < b\n> or so"

    def test_the_preview_of_a_link_is_not(self) -> None:
        preview = {"from_url": "https://a.example", "text": "Welcome"}
        found = read(said("look", channel=DM, kind="im", attachments=[preview]))

        assert isinstance(found, Said)
        assert found.text == "look"


class TestFiles:
    def test_files_come_along_without_a_word(self) -> None:
        found = read(said("", subtype="file_share", channel=DM, kind="im", files=[file()]))

        assert isinstance(found, Said)
        assert found.attachments == (
            Attachment(
                "F0NOTES01",
                "notes.pdf",
                "application/pdf",
                file()["url_private_download"],
                48213,
                hosted=True,
            ),
        )
        assert found.incoming("what the file says").text == "what the file says"

    def test_a_file_that_slack_does_not_keep_is_marked(self) -> None:
        there = file(is_external=True, mode="external", url_private_download=None)
        found = read(said("", subtype="file_share", channel=DM, kind="im", files=[there]))

        assert isinstance(found, Said)
        assert [x.hosted for x in found.attachments] == [False]

    def test_a_file_of_another_organisation_has_to_be_asked_for(self) -> None:
        hidden = {"id": "F0HIDDEN1", "mode": "file_access", "file_access": "check_file_info"}
        found = read(said("", subtype="file_share", channel=DM, kind="im", files=[hidden]))

        assert isinstance(found, Said)
        assert found.attachments == (Attachment("F0HIDDEN1", "file", "", "", 0, hosted=True),)

    def test_a_file_that_is_gone_is_left_out(self) -> None:
        gone = file(mode="tombstone")
        found = read(said("look", subtype="file_share", channel=DM, kind="im", files=[gone]))

        assert isinstance(found, Said)
        assert found.attachments == ()

    def test_a_file_name_has_no_room_for_tricks(self) -> None:
        odd = file(name="a\u202egpj\n.exe", size=-1, url_private_download="ftp://x")
        found = read(said("", subtype="file_share", channel=DM, kind="im", files=[odd]))

        assert isinstance(found, Said)
        assert found.attachments[0].name == "agpj .exe"
        assert (found.attachments[0].size, found.attachments[0].url) == (0, "")


class TestEdits:
    def test_an_edit_carries_the_message_as_it_is_now(self) -> None:
        found = read(changed("what is a monda?", QUESTION))

        assert isinstance(found, Edited)
        assert found.said.incoming().text == "what is a monad?"
        assert found.said.via == "mention"
        assert found.said.message_ref == f"{CHANNEL}:{TS}"
        assert found.said.origin.event_id == f"m:{CHANNEL}:{TS}"
        assert found.origin.user_id == ADA
        assert found.origin.occurred_at > found.said.origin.occurred_at

    def test_an_edit_told_of_as_a_mention_too_is_one_edit(self) -> None:
        edited = {"user": ADA, "ts": "1763750100.000000"}
        as_message = read(changed("what?", QUESTION), event_id="Ev1")
        as_mention = read(mention(QUESTION, edited=edited, event_ts=LATER), event_id="Ev2")

        assert isinstance(as_message, Edited)
        assert as_message == as_mention

    @pytest.mark.parametrize(("home", "external"), [(FOREIGN, True), (TEAM, False)])
    def test_an_edit_by_somebody_of_another_organisation_is_marked(
        self, home: str, external: bool
    ) -> None:
        found = read(changed("what?", QUESTION, user_team=home), is_ext_shared_channel=True)

        assert isinstance(found, Edited)
        assert (found.said.origin.external, found.said.origin.home_id) == (external, home)

    def test_an_edit_that_takes_our_name_out_is_told(self) -> None:
        found = read(changed(QUESTION, "what is a monad?"))

        assert isinstance(found, Edited)
        assert found.said.via == "aside"

    def test_a_preview_added_to_a_message_is_no_edit(self) -> None:
        assert isinstance(read(changed(QUESTION, QUESTION, attachments=[{"id": 1}])), Ignored)

    def test_a_change_that_nobody_made_is_no_edit(self) -> None:
        inner = changed("what?", QUESTION)
        del inner["previous_message"], inner["message"]["edited"]

        assert isinstance(read(inner), Ignored)

    def test_an_edit_counts_where_slack_does_not_say_what_was_before(self) -> None:
        inner = changed("what?", QUESTION)
        del inner["previous_message"]

        assert isinstance(read(inner), Edited)

    def test_our_own_message_may_change(self) -> None:
        ours = {"user": US, "bot_id": OUR_BOT}

        assert isinstance(read(changed("work…", "worked", **ours)), Ignored)

    def test_the_pane_of_the_assistant_may_change(self) -> None:
        assert isinstance(read(changed("a", "b", subtype="assistant_app_thread")), Ignored)

    def test_a_deletion_names_the_message_and_its_author(self) -> None:
        found = read(deleted(thread_ts=ROOT))

        assert isinstance(found, Deleted)
        assert found.message_ref == f"{CHANNEL}:{TS}"
        assert (found.origin.user_id, found.origin.thread_id) == (ADA, ROOT)

    def test_the_root_of_a_thread_leaves_a_tombstone(self) -> None:
        stone = {
            "subtype": "tombstone",
            "user": "USLACKBOT",
            "text": "This message was deleted.",
            "ts": TS,
            "thread_ts": TS,
            "hidden": True,
        }
        inner = changed("what?", "") | {"message": stone}
        found = read(inner, event_id="Ev1")
        again = read(deleted(**stone), event_id="Ev2")

        assert isinstance(found, Deleted)
        assert (found.message_ref, found.origin.user_id) == (f"{CHANNEL}:{TS}", ADA)
        assert isinstance(again, Deleted)
        assert again.origin.event_id == found.origin.event_id
        assert not again.origin.user_id

    def test_what_a_bot_deletes_of_its_own_is_left_alone(self) -> None:
        assert isinstance(read(deleted(user=US, bot_id=OUR_BOT)), Ignored)
        assert isinstance(read(deleted(bot_id="B0OTHER01")), Ignored)
