"""What people press in Slack, and whose organisation they are of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest

from integrations.contracts.delivery import Delivery, Outcome, Target
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.reading.actions import intent
from integrations.surfaces.slack.reading.intents import (
    Chose,
    Commanded,
    Corrected,
    Rated,
    WantsAnother,
    WantsCorrection,
    WantsForget,
    WantsWhy,
)
from integrations.surfaces.slack.reading.payload import Bot, Ignored
from integrations.surfaces.slack.speaking.rendering import render
from learning.interpretation.contract import Reading
from tests.surfaces.slack.payloads import (
    ADA,
    APP,
    BO,
    CHANNEL,
    DM,
    FOREIGN,
    INTERACTION,
    ORG,
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
    submitted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BOT: Final = Bot(US, OUR_BOT, APP, names={BO: "Bo"})
NOW: Final = datetime(2025, 11, 21, 18, 40, tzinfo=UTC)
ANSWER: Final = UUID(INTERACTION)
WRITTEN: Final = {"b_text": {ids.TEXT: {"type": "plain_text_input", "value": "a monoid"}}}


def do(body: Json) -> Any:
    return intent(body, BOT, NOW)


def press(action_id: str, value: str, **more: Any) -> Any:
    return do(pressed(button(action_id, value), **more))


class TestButtons:
    @pytest.mark.parametrize(("verdict", "emoji"), [("good", "👍"), ("bad", "👎")])
    def test_a_verdict_passes_the_front_door_as_a_reaction(self, verdict: str, emoji: str) -> None:
        found = press(ids.FEEDBACK, f"{verdict}:{INTERACTION}")

        assert isinstance(found, Rated)
        door = found.incoming()
        assert (door.emoji, door.interaction_id, door.removed) == (emoji, ANSWER, False)
        assert (door.user_id, door.channel_id, door.workspace_id) == (ADA, CHANNEL, TEAM)
        assert door.event_id == f"{TEAM}:9000000000001.123456789.0a1b2c3d4e5f"
        assert door.occurred_at == datetime(2025, 11, 21, 18, 36, 40, 123456, tzinfo=UTC)

    def test_a_press_can_be_answered(self) -> None:
        found = press(ids.WHY, INTERACTION)

        assert isinstance(found, WantsWhy)
        assert found.by.ref == f"{CHANNEL}:{TS}"
        assert found.by.origin.thread_id == ROOT
        assert found.by.trigger_id == "9000000000001.123456789.0a1b2c3d4e5f"
        assert found.by.response_url.startswith("https://hooks.slack.com/actions/")

    @pytest.mark.parametrize("name", [f"{ids.CHOOSE}_h2", ids.CHOOSE])
    def test_a_reading_is_chosen(self, name: str) -> None:
        found = press(name, f"{INTERACTION}:h2", channel=DM)

        assert isinstance(found, Chose)
        door = found.incoming()
        assert (door.interaction_id, door.reading, door.private) == (ANSWER, "h2", True)
        assert door.thread_id == ROOT

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            (ids.CORRECT, WantsCorrection),
            (ids.WHY, WantsWhy),
            (ids.FORGET, WantsForget),
            (ids.REGENERATE, WantsAnother),
        ],
    )
    def test_a_button_names_its_answer(self, name: str, kind: type) -> None:
        found = press(name, INTERACTION)

        assert isinstance(found, kind)
        assert found.interaction_id == ANSWER  # type: ignore[attr-defined]

    def test_another_expert_is_picked_from_a_menu(self) -> None:
        option = {"text": {"type": "plain_text", "text": "Maths"}, "value": f"{INTERACTION}:math"}
        menu = {"type": "overflow", "action_id": ids.ANOTHER, "selected_option": option}
        found = do(pressed(menu))

        assert isinstance(found, WantsAnother)
        assert (found.interaction_id, found.role) == (ANSWER, "math")

    def test_a_command_can_be_a_button_on_our_tab(self) -> None:
        body = pressed(button(f"{ids.RUN}_2", " forget  3f2a "))
        for key in ("channel", "message", "response_url"):
            del body[key]
        body["container"] = {"type": "view", "view_id": "V1"}
        body["view"] = {"id": "V1", "type": "home", "app_installed_team_id": TEAM}
        found = do(body)

        assert isinstance(found, Commanded)
        assert found.line == "forget 3f2a"
        assert (found.by.origin.private, found.by.ref, found.by.response_url) == (True, "", "")

    def test_what_only_one_person_sees_can_be_pressed(self) -> None:
        body = pressed(button(ids.FORGET, INTERACTION))
        del body["message"]
        body["container"] |= {"is_ephemeral": True}
        found = do(body)

        assert isinstance(found, WantsForget)
        assert found.by.origin.thread_id == ROOT

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("mynah_unheard_of", INTERACTION, "no button 'mynah_unheard_of'"),
            ("", INTERACTION, "no button ''"),
            (ids.WHY, "", "names no answer"),
            (ids.WHY, "x" * 36, "names no answer"),
            (ids.FEEDBACK, INTERACTION, "no verdict"),
            (ids.CHOOSE, f"{INTERACTION}:a reading", "no reading"),
            (ids.ANOTHER, f"{INTERACTION}:cook", "no role"),
            (ids.RUN, " ", "no command"),
        ],
    )
    def test_what_nobody_drew_is_left_alone(self, name: str, value: str, reason: str) -> None:
        found = press(name, value)

        assert isinstance(found, Ignored)
        assert reason in found.reason

    def test_every_button_that_we_draw_is_understood(self) -> None:
        drawn = list(_drawn(Outcome.ANSWERED)) + list(_drawn(Outcome.ASKED))
        found = [do(pressed(action)) for action in drawn]

        assert {type(x) for x in found} >= {
            Rated,
            Chose,
            WantsCorrection,
            WantsWhy,
            WantsForget,
            WantsAnother,
        }
        assert not [x for x in found if isinstance(x, Ignored)]
        assert {x.interaction_id for x in found} == {ANSWER}


class TestOrganisations:
    def test_an_app_installed_for_all_of_it_keeps_its_data_together(self) -> None:
        body = pressed(
            button(ids.WHY, INTERACTION),
            team=None,
            enterprise={"id": ORG, "name": "Org"},
            is_enterprise_install=True,
        )
        found = do(body)

        assert isinstance(found, WantsWhy)
        assert (found.by.origin.workspace_id, found.by.origin.external) == (ORG, False)
        assert found.by.origin.home_id == TEAM

    def test_somebody_of_another_organisation_is_marked(self) -> None:
        found = press(ids.WHY, INTERACTION, user={"id": ADA, "team_id": FOREIGN})

        assert isinstance(found, WantsWhy)
        assert (found.by.origin.external, found.by.origin.home_id) == (True, FOREIGN)

    def test_a_command_names_the_organisation_as_a_form_does(self) -> None:
        found = do(command("learnings") | {"enterprise_id": ORG, "is_enterprise_install": "true"})

        assert isinstance(found, Commanded)
        assert found.by.origin.workspace_id == ORG

    def test_a_dialog_opened_in_a_shared_channel_is_our_team_s(self) -> None:
        body = submitted(ids.CORRECTED, WRITTEN, metadata_of())
        body["team"]["id"] = body["user"]["team_id"] = FOREIGN
        found = do(body)

        assert isinstance(found, Corrected)
        assert (found.by.origin.workspace_id, found.by.origin.external) == (TEAM, True)


def _drawn(outcome: Outcome) -> Iterator[Json]:
    """Return every press that a rendered reply allows."""
    target = Target(
        surface="slack",
        workspace_id=TEAM,
        channel_id=CHANNEL,
        thread_id=ROOT,
        user_id=ADA,
        conversation_id=UUID(int=1),
        interaction_id=ANSWER,
        private=False,
    )
    readings = (Reading("h1", "explain it", 0.5), Reading("h2", "build one", 0.4))
    delivery = Delivery(
        "k", target, "A monad is …", outcome=outcome, role="lead", readings=readings
    )
    for post in render(delivery):
        for block in json.loads(json.dumps(post.blocks)):
            if block["type"] in {"actions", "context_actions"}:
                for element in block["elements"]:
                    yield from _presses(element)


def _presses(element: Json) -> Iterator[Json]:
    named = {"type": element["type"], "action_id": element["action_id"]}
    if element["type"] == "feedback_buttons":
        for side in ("positive_button", "negative_button"):
            yield named | {"value": element[side]["value"]}
    elif element["type"] == "overflow":
        for option in element["options"]:
            yield named | {"selected_option": option}
    else:
        yield named | {"value": element["value"]}
