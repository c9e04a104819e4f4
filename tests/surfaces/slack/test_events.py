"""What Slack's events say to us."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from slack_bolt.request.internals import (
    extract_channel_id,
    extract_team_id,
    extract_thread_ts,
    extract_user_id,
)

from integrations.surfaces.slack.reading.events import (
    READERS,
    Bot,
    ChannelChanged,
    ContextChanged,
    HomeOpened,
    Ignored,
    Maybe,
    MembershipChanged,
    Reacted,
    Said,
    Stopped,
    ThreadStarted,
    Titled,
    TokensRevoked,
    Uninstalled,
    incoming,
)
from learning.feedback import canonical
from tests.surfaces.slack.broken import anything, broken
from tests.surfaces.slack.payloads import (
    ADA,
    APP,
    BO,
    CHANNEL,
    DM,
    FOREIGN,
    GROUP,
    INTERACTION,
    ORG,
    OUR_BOT,
    ROOT,
    TEAM,
    TS,
    US,
    Json,
    event,
    mention,
    org_wide,
    reaction,
    said,
)
from tests.surfaces.slack.samples import SAMPLES

BOT: Final = Bot(US, OUR_BOT, APP)
QUESTION: Final = f"<@{US}> what is a monad?"


def read(inner: Json, **outer: Any) -> object:
    return incoming(event(inner, **outer), BOT)


def sample(kind: str) -> object:
    return incoming(next(x for x in SAMPLES if x["event"]["type"] == kind), BOT)


class TestReactions:
    def test_a_reaction_names_the_message_it_is_on(self) -> None:
        found = read(reaction(reaction="+1::skin-tone-4"), event_id="Ev77")

        assert isinstance(found, Reacted)
        assert (found.ref, found.ours, found.removed) == (f"{CHANNEL}:{TS}", True, False)
        assert canonical(found.emoji) == "👍"
        door = found.incoming(UUID(INTERACTION))
        assert (door.event_id, door.emoji, door.user_id) == ("Ev77", "+1::skin-tone-4", ADA)

    def test_a_reaction_taken_back_says_so(self) -> None:
        found = read(reaction("reaction_removed"))

        assert isinstance(found, Reacted)
        assert found.incoming(UUID(INTERACTION)).removed

    def test_whose_message_it_is_may_not_be_told(self) -> None:
        inner = reaction()
        del inner["item_user"]
        found = read(inner)

        assert isinstance(found, Reacted)
        assert found.ours is None

    def test_in_a_direct_message_it_is_private(self) -> None:
        found = read(reaction(item={"type": "message", "channel": DM, "ts": TS}))

        assert isinstance(found, Reacted)
        assert found.origin.private

    @pytest.mark.parametrize(
        "odd",
        [
            {"item_user": BO},
            {"user": US},
            {"item": {"type": "file", "file": "F1"}},
            {"item": {"type": "message", "channel": CHANNEL}},
            {"reaction": ""},
            {"reaction": "x" * 65},
            {"user": None},
        ],
    )
    def test_what_says_nothing_of_an_answer_is_left_alone(self, odd: Json) -> None:
        assert isinstance(read(reaction(**odd)), Ignored)


class TestWhoCanRead:
    def test_people_come_and_go(self) -> None:
        found = sample("member_joined_channel")

        assert isinstance(found, MembershipChanged)
        assert (found.joined, found.us, found.invited_by) == (True, False, BO)
        assert (found.origin.user_id, found.origin.channel_id) == (ADA, CHANNEL)

    @pytest.mark.parametrize("kind", ["member_left_channel", "channel_left", "group_left"])
    def test_so_do_we(self, kind: str) -> None:
        found = sample(kind)

        assert isinstance(found, MembershipChanged)
        assert (found.joined, found.us) == (False, True)

    @pytest.mark.parametrize(
        ("kind", "change", "detail"),
        [
            ("channel_archive", "archived", ""),
            ("channel_unarchive", "unarchived", ""),
            ("channel_deleted", "deleted", ""),
            ("channel_rename", "renamed", "maths"),
            ("channel_shared", "shared", FOREIGN),
            ("channel_unshared", "unshared", FOREIGN),
            ("group_rename", "renamed", "party"),
        ],
    )
    def test_a_channel_changes(self, kind: str, change: str, detail: str) -> None:
        found = sample(kind)

        assert isinstance(found, ChannelChanged)
        assert (found.change, found.name or found.with_team) == (change, detail)
        assert found.origin.channel_id == (GROUP if kind.startswith("group") else CHANNEL)

    def test_a_channel_moves_to_another_id(self) -> None:
        found = sample("channel_id_changed")

        assert isinstance(found, ChannelChanged)
        assert (found.origin.channel_id, found.moved_to) == (GROUP, CHANNEL)

    @pytest.mark.parametrize("to", ["private", "public"])
    def test_a_channel_is_made_private_or_public(self, to: str) -> None:
        found = read(said("made this channel so", subtype=f"channel_convert_to_{to}"))

        assert isinstance(found, ChannelChanged)
        assert found.change == f"made_{to}"


class TestOrganisations:
    @pytest.mark.parametrize("inner", [mention(QUESTION), reaction(), {"type": "app_uninstalled"}])
    def test_an_app_installed_for_all_of_it_keeps_its_data_together(self, inner: Json) -> None:
        found = incoming(org_wide(event(inner)), BOT)

        assert isinstance(found, Said | Reacted | Uninstalled)
        assert found.origin.workspace_id == ORG

    def test_one_installed_in_a_workspace_of_it_does_not(self) -> None:
        body = event(mention(QUESTION), enterprise_id=ORG)
        body["authorizations"][0]["enterprise_id"] = ORG
        found = incoming(body, BOT)

        assert isinstance(found, Said)
        assert (found.origin.workspace_id, found.origin.external) == (TEAM, False)

    def test_our_side_of_a_shared_channel_is_the_authorised_one(self) -> None:
        body = event(mention(QUESTION), team_id=FOREIGN, is_ext_shared_channel=True)
        found = incoming(body, BOT)

        assert isinstance(found, Said)
        assert (found.origin.workspace_id, found.origin.external) == (TEAM, False)

    @pytest.mark.parametrize(
        ("shared", "home", "external"),
        [
            (True, {"user_team": FOREIGN, "team": TEAM}, True),
            (True, {"user_team": TEAM}, False),
            (True, {"team": None}, True),
            (False, {"team": FOREIGN}, True),
            (False, {"team": TEAM}, False),
            (False, {"team": None}, False),
        ],
    )
    @pytest.mark.parametrize("write", [said, mention])
    def test_somebody_of_another_organisation_is_marked(
        self, write: Any, shared: bool, home: Json, external: bool
    ) -> None:
        found = incoming(event(write(QUESTION, **home), is_ext_shared_channel=shared), BOT)

        assert isinstance(found, Said)
        assert found.origin.external is external

    def test_who_reacts_in_a_shared_channel_may_be_anybody(self) -> None:
        found = read(reaction(), is_ext_shared_channel=True)

        assert isinstance(found, Reacted)
        assert found.origin.external

    def test_another_workspace_of_our_organisation_is_not_another_one(self) -> None:
        found = incoming(org_wide(event(mention(QUESTION, team="T0SISTER1"))), BOT)

        assert isinstance(found, Said)
        assert (found.origin.external, found.origin.home_id) == (False, "T0SISTER1")


class TestTheRest:
    def test_the_app_is_taken_out(self) -> None:
        found = sample("app_uninstalled")

        assert isinstance(found, Uninstalled)
        assert (found.origin.workspace_id, found.team_id, found.enterprise_id) == (TEAM, TEAM, "")

    def test_tokens_end(self) -> None:
        found = sample("tokens_revoked")

        assert isinstance(found, TokensRevoked)
        assert (found.users, found.bots) == ((ADA,), (US,))

    def test_somebody_opens_our_tab(self) -> None:
        found = sample("app_home_opened")

        assert isinstance(found, HomeOpened)
        assert (found.origin.user_id, found.tab) == (ADA, "home")

    def test_somebody_opens_a_thread_with_us(self) -> None:
        found = sample("assistant_thread_started")

        assert isinstance(found, ThreadStarted)
        assert (found.origin.channel_id, found.origin.thread_id) == (DM, ROOT)
        assert (found.looking_at, found.origin.private) == (CHANNEL, True)

    @pytest.mark.parametrize("kind", ["assistant_thread_context_changed", "app_context_changed"])
    def test_somebody_looks_elsewhere(self, kind: str) -> None:
        found = sample(kind)

        assert isinstance(found, ContextChanged)
        assert (found.origin.user_id, found.looking_at) == (ADA, CHANNEL)

    def test_who_looks_elsewhere_may_stand_in_the_authorisation(self) -> None:
        body = event({"type": "app_context_changed", "context": {}})
        body["authorizations"][0] |= {"user_id": ADA, "is_bot": False}
        found = incoming(body, BOT)

        assert isinstance(found, ContextChanged)
        assert (found.origin.user_id, found.looking_at) == (ADA, "")

    def test_we_are_not_somebody_who_looks_elsewhere(self) -> None:
        assert isinstance(read({"type": "app_context_changed", "context": {}}), Ignored)

    def test_somebody_presses_stop(self) -> None:
        found = sample("agent_session_stopped")

        assert isinstance(found, Stopped)
        assert (found.origin.thread_id, found.streams) == (ROOT, (f"{DM}:{TS}",))

    def test_somebody_renames_a_thread(self) -> None:
        found = sample("agent_session_title_changed")

        assert isinstance(found, Titled)
        assert found.title == "Monads"


class TestWhatCannotBeRead:
    def test_there_is_a_sample_of_everything_that_is_read(self) -> None:
        assert {x["event"]["type"] for x in SAMPLES} == set(READERS)
        assert not [x for x in SAMPLES if isinstance(incoming(x, BOT), Ignored)]

    @pytest.mark.parametrize("body", SAMPLES, ids=lambda body: body["event"]["type"])
    def test_slack_s_own_library_sees_the_same_person_and_place(self, body: Json) -> None:
        found = incoming(body, BOT)

        assert not isinstance(found, Ignored)
        origin = found.said.origin if isinstance(found, Maybe) else found.origin
        assert origin.workspace_id == extract_team_id(body)
        assert extract_channel_id(body) in {origin.channel_id or None, None}
        if not isinstance(found, MembershipChanged):
            assert extract_user_id(body) in {origin.user_id or None, None}
        assert extract_thread_ts(body) in {origin.thread_id, None}

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({}, "a payload of the type '' is not an event"),
            ({"type": "url_verification"}, "'url_verification' is not an event"),
            (event({"type": "emoji_changed"}), "'emoji_changed' do not concern us"),
            (event(mention("x", ts="yesterday")), "no usable time stamp"),
            (event(mention("x", channel="../C1")), "no usable channel"),
            (event(mention("x"), team_id="", authorizations=[]), "no usable team"),
            (event(reaction(), event_id=""), "no usable event_id"),
            (
                event(reaction(event_ts=None), event_time="now"),
                "does not say when it happened",
            ),
        ],
    )
    def test_the_log_is_told_why(self, body: Json, reason: str) -> None:
        found = incoming(body, BOT)

        assert isinstance(found, Ignored)
        assert reason in found.reason

    @given(anything)
    def test_anything_at_all_is_no_event(self, body: object) -> None:
        assert isinstance(incoming(body, BOT), Ignored)

    @given(broken(SAMPLES))
    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    def test_no_broken_payload_raises_or_says_a_person_s_words(self, body: Json) -> None:
        found = incoming(body, BOT)

        if isinstance(found, Ignored):
            assert "monad" not in found.reason
        else:
            origin = found.said.origin if isinstance(found, Maybe) else found.origin
            assert origin.workspace_id
            assert origin.event_id
            assert len(origin.event_id) <= 200
