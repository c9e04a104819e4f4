"""What people press, submit and type as a command in Slack."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from slack_bolt.request.internals import parse_body
from slack_bolt.request.payload_utils import (
    is_block_actions,
    is_message_shortcut,
    is_slash_command,
    is_view_submission,
    to_action,
)

from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.reading.actions import intent
from integrations.surfaces.slack.reading.intents import (
    Asked,
    Commanded,
    Corrected,
    Reasoned,
    WantsCorrection,
    WantsForget,
    WantsRating,
    WantsTeaching,
    metadata,
)
from integrations.surfaces.slack.reading.payload import Bot, Ignored
from tests.surfaces.slack.broken import anything, broken
from tests.surfaces.slack.payloads import (
    ADA,
    APP,
    BO,
    CHANNEL,
    DM,
    INTERACTION,
    OUR_BOT,
    ROOT,
    TEAM,
    TS,
    US,
    Json,
    button,
    command,
    metadata_of,
    pressed,
    shortcut,
    submitted,
)

BOT: Final = Bot(US, OUR_BOT, APP, names={BO: "Bo"})
NOW: Final = datetime(2025, 11, 21, 18, 40, tzinfo=UTC)
ANSWER: Final = UUID(INTERACTION)
ANSWERED: Final[Json] = {
    "type": "message",
    "ts": TS,
    "thread_ts": ROOT,
    "user": US,
    "bot_id": OUR_BOT,
    "app_id": APP,
    "text": "A monad is &lt;…&gt;",
    "team": TEAM,
}
WRITTEN: Final = {"b_text": {ids.TEXT: {"type": "plain_text_input", "value": "a monoid"}}}
SAMPLES: Final = (
    pressed(button(ids.FEEDBACK, f"good:{INTERACTION}")),
    pressed(button(f"{ids.CHOOSE}_h1", f"{INTERACTION}:h1"), channel=DM),
    pressed(button(ids.ANOTHER, f"{INTERACTION}:math")),
    pressed(button(f"{ids.RUN}_1", "forget 3f2a")),
    submitted(ids.CORRECTED, WRITTEN, metadata_of()),
    submitted(ids.REASON, WRITTEN, metadata_of()),
    shortcut(ids.TEACH_THIS, ANSWERED),
    command("ask what is a monad?"),
    command("learnings"),
)


def do(body: Json) -> Any:
    return intent(body, BOT, NOW)


class TestDialogs:
    def test_a_dialog_knows_where_it_was_opened(self) -> None:
        opened = do(pressed(button(ids.CORRECT, INTERACTION)))
        assert isinstance(opened, WantsCorrection)
        kept = metadata(opened.by, opened.interaction_id)
        found = do(submitted(ids.CORRECTED, WRITTEN, kept))

        assert isinstance(found, Corrected)
        assert len(kept) <= 3000
        assert (found.by.ref, found.by.origin.thread_id) == (f"{CHANNEL}:{TS}", ROOT)
        assert (found.by.origin.channel_id, found.by.origin.private) == (CHANNEL, False)
        assert found.by.origin.event_id != opened.by.origin.event_id
        assert found.by.origin.occurred_at == NOW

    def test_in_a_direct_message_too(self) -> None:
        body = pressed(button(ids.CORRECT, INTERACTION), channel=DM)
        del body["message"]["thread_ts"], body["container"]["thread_ts"]
        opened = do(body)
        assert isinstance(opened, WantsCorrection)
        found = do(submitted(ids.CORRECTED, WRITTEN, metadata(opened.by, ANSWER)))

        assert isinstance(found, Corrected)
        assert (found.by.origin.thread_id, found.by.origin.private) == ("dm", True)

    def test_a_correction_passes_the_front_door(self) -> None:
        found = do(submitted(ids.CORRECTED, WRITTEN, metadata_of()))

        assert isinstance(found, Corrected)
        door = found.incoming()
        assert (door.text, door.interaction_id, door.user_id) == ("a monoid", ANSWER, ADA)

    @pytest.mark.parametrize("value", [None, "  ", "x" * 40_001])
    def test_one_that_cannot_be_taken_says_why_and_where(self, value: str | None) -> None:
        values = {"b_text": {ids.TEXT: {"type": "plain_text_input", "value": value}}}
        found = do(submitted(ids.CORRECTED, values, metadata_of()))

        assert isinstance(found, Corrected)
        assert found.block_id == "b_text"
        with pytest.raises(ValueError, match=r"is empty|40,001 characters"):
            found.incoming()

    def test_a_reason_is_written_or_picked(self) -> None:
        option = {"text": {"type": "plain_text", "text": "Too long"}, "value": "too_long"}
        boxes = {"type": "checkboxes", "selected_options": [option]}
        menu = {"type": "static_select", "selected_option": option | {"value": "wrong"}}
        values = WRITTEN | {"b1": {ids.REASONS: boxes}, "b2": {ids.REASONS: menu}}
        found = do(submitted(ids.REASON, values, metadata_of()))

        assert isinstance(found, Reasoned)
        assert (found.text, found.picked) == ("a monoid", ("too_long", "wrong"))

    def test_a_reason_need_not_be_given(self) -> None:
        found = do(submitted(ids.REASON, {}, metadata_of()))

        assert isinstance(found, Reasoned)
        assert (found.text, found.picked) == ("", ())

    @pytest.mark.parametrize("kept", ["", "{}", "[" * 9999, '{"interaction": 7}', "null"])
    def test_a_dialog_of_nowhere_is_left_alone(self, kept: str) -> None:
        assert isinstance(do(submitted(ids.CORRECTED, WRITTEN, kept)), Ignored)

    def test_a_dialog_of_somebody_else_is_left_alone(self) -> None:
        assert isinstance(do(submitted("theirs", WRITTEN, metadata_of())), Ignored)


class TestShortcuts:
    def test_a_message_is_taught(self) -> None:
        message = {"type": "message", "ts": TS, "user": BO, "text": "we use &gt;= 3.11"}
        found = do(shortcut(ids.TEACH_THIS, message))

        assert isinstance(found, WantsTeaching)
        assert (found.text, found.author, found.ours) == ("we use >= 3.11", BO, False)
        assert (found.by.ref, found.by.origin.thread_id) == (f"{CHANNEL}:{TS}", TS)
        assert found.by.origin.occurred_at.microsecond == 654321

    def test_so_is_an_answer_of_ours(self) -> None:
        found = do(shortcut(ids.TEACH_THIS, ANSWERED))

        assert isinstance(found, WantsTeaching)
        assert (found.text, found.author, found.ours) == ("A monad is <…>", "", True)

    def test_an_answer_is_rated_or_forgotten_by_where_it_is(self) -> None:
        rating = do(shortcut(ids.RATE_THIS, ANSWERED))
        forgetting = do(shortcut(ids.FORGET_THIS, ANSWERED))

        assert isinstance(rating, WantsRating)
        assert rating.ours
        assert isinstance(forgetting, WantsForget)
        assert (forgetting.interaction_id, forgetting.by.ref) == (None, f"{CHANNEL}:{TS}")

    def test_an_unknown_shortcut_is_left_alone(self) -> None:
        assert isinstance(do(shortcut("theirs", ANSWERED)), Ignored)


class TestCommands:
    @pytest.mark.parametrize(
        ("typed", "line"),
        [
            ("", "help"),
            ("  ", "help"),
            ("learnings", "learnings"),
            ("WHY 3F2a", "why 3F2a"),
            ("forget-me  yes", "forget-me yes"),
            ("remember I use\nPython &gt;= 3.11", "remember I use\nPython >= 3.11"),
            (f"remember <@{BO}|bo> is on call", "remember @Bo is on call"),
            ("model architect off", "model architect off"),
        ],
    )
    def test_a_command_is_a_line(self, typed: str, line: str) -> None:
        found = do(command(typed))

        assert isinstance(found, Commanded)
        assert found.line == line

    def test_a_question_is_asked(self) -> None:
        found = do(command("Ask what is a monad?", channel=DM))

        assert isinstance(found, Asked)
        door = found.incoming(TS, f"{DM}:{TS}")
        assert (door.text, door.thread_id, door.private) == ("what is a monad?", TS, True)
        assert door.event_id == f"{TEAM}:9000000000004.123456789.ca1b2c3d4e5f"
        assert door.occurred_at == NOW

    def test_a_question_without_words_is_refused_with_a_sentence(self) -> None:
        found = do(command("ask"))

        assert isinstance(found, Asked)
        with pytest.raises(ValueError, match="write a question"):
            found.incoming(TS, f"{DM}:{TS}")

    def test_a_command_in_a_channel_is_in_no_thread(self) -> None:
        found = do(command("learnings"))

        assert isinstance(found, Commanded)
        assert (found.by.origin.thread_id, found.by.ref) == ("", "")
        assert found.by.response_url.startswith("https://hooks.slack.com/commands/")

    def test_a_command_is_read_from_the_form_that_slack_sends(self) -> None:
        form = urlencode(command("remember a & b = <c>"))
        found = do(parse_body(form, "application/x-www-form-urlencoded"))

        assert isinstance(found, Commanded)
        assert found.line == "remember a & b = <c>"


class TestWhatCannotBeRead:
    def test_slack_s_own_library_takes_the_samples_for_what_they_are(self) -> None:
        kinds = (is_block_actions, is_view_submission, is_message_shortcut, is_slash_command)

        assert [next(x for x in kinds if x(body)) for body in SAMPLES] == [
            *[is_block_actions] * 4,
            *[is_view_submission] * 2,
            is_message_shortcut,
            *[is_slash_command] * 2,
        ]
        assert to_action(SAMPLES[0]) == SAMPLES[0]["actions"][0]
        assert not [body for body in SAMPLES if isinstance(do(body), Ignored)]

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({}, "payloads of the type '' do not concern us"),
            ({"type": "view_closed"}, "'view_closed' do not concern us"),
            (pressed(button(ids.WHY, INTERACTION), trigger_id=None), "no usable trigger_id"),
            (pressed(button(ids.WHY, INTERACTION), user=None), "no usable user"),
            (
                pressed(button(ids.WHY, INTERACTION), team=None, user={"id": ADA}),
                "no usable team",
            ),
            (command("help") | {"channel_id": ""}, "no usable channel"),
        ],
    )
    def test_the_log_is_told_why(self, body: Json, reason: str) -> None:
        found = do(body)

        assert isinstance(found, Ignored)
        assert reason in found.reason

    @given(anything)
    def test_anything_at_all_is_nothing(self, body: object) -> None:
        assert isinstance(intent(body, BOT, NOW), Ignored)

    @given(broken(SAMPLES))
    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    def test_no_broken_payload_raises_or_says_a_person_s_words(self, body: Json) -> None:
        found = intent(body, BOT, NOW)

        if isinstance(found, Ignored):
            assert "monad" not in found.reason
        else:
            assert found.by.origin.workspace_id
            assert found.by.origin.user_id
            assert found.by.trigger_id
