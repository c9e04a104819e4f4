from __future__ import annotations

from typing import get_args
from uuid import UUID

import pytest

from integrations.contracts.delivery import Standing
from integrations.contracts.incoming import Reason
from integrations.surfaces.beneath import became
from integrations.surfaces.sayings import REASONS
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.reading.actions import intent
from integrations.surfaces.slack.reading.intents import Press, Reasoned, Starred
from integrations.surfaces.slack.reading.payload import Bot, Origin
from integrations.surfaces.slack.speaking.rendering import render
from integrations.surfaces.slack.views import dialogs
from tests.standins.slack_blocks import checked_blocks, checked_view
from tests.surfaces.slack.blocks import delivery
from tests.surfaces.slack.payloads import metadata_of, submitted
from tests.surfaces.slack.test_actions import NOW

ANSWER = UUID(int=7)
BOT = Bot("U0BOT")
BY = Press(Origin("e", "T1", "U1", "C1", "1.000100", private=False, occurred_at=NOW), "", "t", "")


def test_slack_takes_our_dialogs_and_they_offer_every_reason() -> None:
    new_id = iter(range(99)).__next__
    for view in (dialogs.reason(BY, ANSWER), dialogs.stars(BY, ANSWER)):
        assert checked_view(view, lambda _: str(new_id()))["type"] == "modal"
    checked_blocks([dialogs.saying_why(ANSWER)], lambda _: str(new_id()))
    assert tuple(REASONS) == get_args(Reason)


def test_what_is_sent_is_a_reason_and_a_correction_under_ids_of_their_own() -> None:
    boxes = {"type": "checkboxes", "selected_options": [{"value": "wrong"}, {"value": "made_up"}]}
    values = {
        "reasons": {ids.REASONS: boxes},
        "words": {ids.TEXT: {"type": "plain_text_input", "value": " far off "}},
        "right": {ids.RIGHT: {"type": "plain_text_input", "value": "54"}},
    }
    found = intent(submitted(ids.REASON, values, metadata_of()), BOT, NOW)
    assert isinstance(found, Reasoned)
    reason, correction = found.incoming(), found.correction()
    assert reason is not None
    assert correction is not None
    assert (reason.picked, reason.text, correction.text) == (("wrong",), "far off", "54")
    assert reason.event_id != correction.event_id


def test_a_dialog_that_says_nothing_is_nothing() -> None:
    values = {"words": {ids.TEXT: {"type": "plain_text_input", "value": " \u200b "}}}
    found = intent(submitted(ids.REASON, values, metadata_of()), BOT, NOW)
    assert isinstance(found, Reasoned)
    assert (found.incoming(), found.correction()) == (None, None)


def test_stars_are_the_digit_on_a_key() -> None:
    star = {"type": "radio_buttons", "selected_option": {"value": "4"}}
    found = intent(submitted(ids.STARRED, {"s": {ids.STARS: star}}, metadata_of()), BOT, NOW)
    assert isinstance(found, Starred)
    assert found.incoming().emoji == "4️⃣"
    none = star | {"selected_option": {"value": "9"}}
    odd = intent(submitted(ids.STARRED, {"s": {ids.STARS: none}}, metadata_of()), BOT, NOW)
    assert not isinstance(odd, Starred)


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (Standing(), ""),
        (Standing(up=2), "👍 2 · noted"),
        (Standing(1, 2, corrected=True), "👍 1 · 👎 2 · corrected"),
        (Standing(corrected=True), "corrected"),
    ],
)
def test_what_became_of_an_answer_stands_below_its_last_message_alone(
    standing: Standing, told: str
) -> None:
    assert became(standing) == told
    reply = delivery("word " * 6_000)
    before, after = render(reply), render(reply, standing)
    assert len(before) == len(after) > 1
    assert before[:-1] == after[:-1]
    assert before[-1].blocks[:-1] == after[-1].blocks[:-1]
    assert [e["text"] for e in after[-1].blocks[-1]["elements"][1:]] == [told] * bool(told)
