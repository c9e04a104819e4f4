from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.memory.contract import Draft, Memory
from learning.memory.reconcile import Add, End, Renew, Step, Supersede, reconcile
from learning.memory.statements import read
from learning.scope import person

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)
YEAR = timedelta(days=366)


def memory(number: int, draft: Draft, at: datetime = NOW) -> Memory:
    return Memory(
        id=UUID(int=number),
        kind=draft.kind,
        user_id="sam",
        audience=person("sam"),
        text=draft.text,
        origin=draft.origin,
        slot=draft.slot,
        value=draft.value,
        tags=draft.tags,
        confidence=draft.confidence,
        trust=1.0,
        times_observed=1,
        times_used=0,
        successes=0,
        failures=0,
        valid_from=at,
        valid_to=draft.until,
        superseded_by=None,
        created_at=at,
        last_seen_at=at,
        last_used_at=None,
    )


def after(steps: Sequence[Step], standing: Sequence[Memory]) -> list[Memory]:
    """Return what is remembered once the steps are taken, as a store would do it."""
    kept = {m.id: m for m in standing}
    for step in steps:
        if isinstance(step, Add | Supersede):
            draft = step.draft
            same = [
                m
                for m in kept.values()
                if m.superseded_by is None and (m.kind, m.text) == (draft.kind, draft.text)
            ]
            # What ended holds again when it is said again.
            new = (
                replace(same[0], valid_to=draft.until, origin=draft.origin)
                if same
                else memory(len(kept) + 1, draft)
            )
            kept[new.id] = new
            if isinstance(step, Supersede):
                kept[step.memory_id] = replace(kept[step.memory_id], superseded_by=new.id)
        elif isinstance(step, End):
            kept[step.memory_id] = replace(kept[step.memory_id], valid_to=NOW)
    return list(kept.values())


def said(*texts: str) -> tuple[Draft, ...]:
    return tuple(draft for text in texts for draft in read(text, NOW).drafts)


def remembered(*texts: str) -> list[Memory]:
    drafts = said(*texts)
    assert len(drafts) == len(texts)
    return [memory(n, draft) for n, draft in enumerate(drafts, 1)]


@pytest.mark.parametrize(
    ("before", "now", "kinds"),
    [
        ([], "I prefer TypeScript", [Add]),
        (["I prefer TypeScript"], "I prefer TypeScript", [Renew]),
        (["I use TypeScript"], "I prefer TypeScript", [Renew]),
        (["I use Python"], "I prefer TypeScript", [Add]),
        (["We deploy to Vercel"], "We deploy to Fly", [Supersede]),
        (["We deploy to Vercel"], "We moved from Vercel to Fly", [Supersede]),
        (["We use MySQL"], "We migrated from MySQL to Postgres", [Supersede]),
        (["We use MySQL", "We use Redis"], "We migrated from MySQL to Postgres", [Supersede]),
        (["We deploy to Fly", "I like Vercel"], "We moved from Vercel to Fly", [Renew, End]),
        (["I love tabs"], "I hate tabs", [End, Add]),
        (["I hate tabs"], "I love tabs", [End, Add]),
        (["We deploy to Vercel"], "We no longer use Vercel", [End, Add]),
        (["I use Vim for notes"], "My editor is Emacs", [Add]),
        (["call me Sam"], "call me Alex", [Supersede]),
        (["My favourite colour is red"], "My favourite colour is blue", [Supersede]),
        (["I live in Berlin"], "I'm in Paris this week", [Add]),
        (["I live in Berlin"], "I live in Paris", [Supersede]),
        (["I live in Berlin"], "I moved to Lisbon last week", [Supersede]),
        (["I live in Berlin"], "I'm in Lisbon now", [Supersede]),
        (["I live in Berlin"], "I relocated to Lisbon", [Supersede]),
        (["my name is Ida"], "call me Idi", [Supersede]),
        (["I use React"], "I'm switching from React to Svelte", [Supersede]),
        (["I want to build a REST API"], "I want to build a REST API", [Renew]),
        (["I want to build a REST API"], "We're building REST APIs", [Renew]),
        (["I want to build a REST API"], "I want to build a REST API with FastAPI", [Supersede]),
        (["I want to build a REST API with FastAPI"], "I want to build a REST API", [Renew]),
        (["I want to build a REST API"], "I want to deploy the REST API with Docker", [Add]),
        (["I want to build a REST API"], "I finished the API", [End, Add]),
        (["I want to deploy the API"], "I've deployed it", [End]),
        (["I want to build the API"], "I've built it", [End]),
        (["I want to build the API"], "I've deployed it", []),
        (["I want to build the API", "I want to build a game"], "I've finished it", []),
        (["I want to build the API", "I want to write API docs"], "I finished the API", [Add]),
        (["I want to build a mobile app"], "I gave up on the mobile app", [End, Add]),
        (
            ["Remember that our API allows 100 calls"],
            "Remember that our API allows 100 calls",
            [Renew],
        ),
    ],
)
def test_what_a_statement_does_to_what_is_remembered(
    before: list[str], now: str, kinds: list[type]
) -> None:
    standing = remembered(*before)
    steps = reconcile(said(now), standing, NOW)
    assert [type(step) for step in steps] == kinds
    again = reconcile(said(now), after(steps, standing), NOW)
    assert all(isinstance(step, Renew) for step in again), "taking the steps twice changes more"


def test_a_change_without_naming_what_it_changes_is_told() -> None:
    (step,) = reconcile(said("We deploy to Fly"), remembered("We deploy to Vercel"), NOW)
    assert isinstance(step, Supersede)
    assert step.said == "You said before that you deploy to Vercel; now it is Fly."
    (step,) = reconcile(said("We moved from Vercel to Fly"), remembered("We deploy to Vercel"), NOW)
    assert isinstance(step, Supersede)
    assert step.said == "", "whoever names it knows it"


def test_a_change_of_mind_is_told() -> None:
    step = reconcile(said("I hate tabs"), remembered("I love tabs"), NOW)[0]
    assert isinstance(step, End)
    assert step.said == "You said before that you love tabs; now you hate tabs."


def test_what_was_only_observed_gives_way_silently() -> None:
    seen = memory(1, replace(said("We deploy to Vercel")[0], origin="observed"))
    (step,) = reconcile(said("We deploy to Fly"), [seen], NOW)
    assert isinstance(step, Supersede)
    assert step.said == ""


@pytest.mark.parametrize("weaker", ["chosen", "observed", "inferred"])
def test_a_weaker_origin_never_takes_the_place_of_what_was_said(weaker: str) -> None:
    (stated,) = remembered("We deploy to Vercel")
    fly = replace(said("We deploy to Fly")[0], origin=weaker)  # type: ignore[arg-type]
    hate = replace(said("We no longer use Vercel")[0], origin=weaker)  # type: ignore[arg-type]
    assert reconcile([fly], [stated], NOW) == ()
    assert reconcile([hate], [stated], NOW) == ()
    old = replace(stated, last_seen_at=NOW - YEAR)
    assert isinstance(reconcile([fly], [old], NOW)[0], Supersede)
    faded = replace(stated, confidence=0.1)
    assert isinstance(reconcile([fly], [faded], NOW)[0], Supersede)


def test_what_ended_or_was_superseded_is_not_touched() -> None:
    (vercel,) = remembered("We deploy to Vercel")
    ended = replace(vercel, valid_to=NOW - timedelta(days=1))
    superseded = replace(vercel, superseded_by=UUID(int=9))
    for history in (ended, superseded):
        assert [type(s) for s in reconcile(said("We deploy to Fly"), [history], NOW)] == [Add]


def test_of_two_drafts_that_contradict_the_stronger_stays() -> None:
    fly, vercel = said("We deploy to Fly", "We deploy to Vercel")
    assert reconcile([fly, vercel], [], NOW) == (Add(vercel),)
    assert reconcile([fly, replace(vercel, origin="inferred")], [], NOW) == (Add(fly),)


def test_a_memory_in_other_words_is_quoted() -> None:
    odd = memory(1, replace(said("We deploy to Vercel")[0], text="ships on Vercel"))
    (step,) = reconcile(said("We deploy to Fly"), [odd], NOW)
    assert isinstance(step, Supersede)
    assert step.said == "You said before: “ships on Vercel”; now it is “deploys to Fly”."


SENTENCES = [
    "We deploy to Vercel", "We deploy to Fly", "We moved from Vercel to Fly", "I like Vercel",
    "We no longer use Vercel", "I love tabs", "I hate tabs", "Always use spaces", "I use Vim",
    "My editor is Emacs", "I prefer Python", "I use MySQL", "We migrated from MySQL to Postgres",
    "I live in Berlin", "I'm in Paris this week", "I want to build a REST API",
    "I want to build a REST API with FastAPI", "I want to build an API", "I finished the API",
    "I've built it", "I gave up on the API", "I want to deploy the REST API",
    "Remember that our API allows 100 calls", "call me Sam", "call me Alex",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(SENTENCES), max_size=5),
    st.lists(st.sampled_from(SENTENCES), max_size=4),
    st.lists(
        st.sampled_from(["stated", "chosen", "observed", "inferred"]), min_size=40, max_size=40
    ),
)
def test_taking_the_steps_twice_only_renews(
    before: list[str], now: list[str], origins: list[str]
) -> None:
    old = [replace(d, origin=o) for d, o in zip(said(*before), origins, strict=False)]  # type: ignore[arg-type]
    standing: list[Memory] = []
    for draft in old:
        standing = after(reconcile([draft], standing, NOW), standing)
    drafts = [replace(d, origin=o) for d, o in zip(said(*now), origins[20:], strict=False)]  # type: ignore[arg-type]
    steps = reconcile(drafts, standing, NOW)
    assert steps == reconcile(drafts, list(reversed(standing)), NOW)
    again = reconcile(drafts, after(steps, standing), NOW)
    assert all(isinstance(step, Renew) for step in again), again


def test_of_what_was_concluded_about_one_thing_the_newest_alone_is_kept() -> None:
    def liked(count: int) -> Draft:
        text = f"liked {count} of {count} answers about code"
        return Draft("insight", text, "observed", slot="verdict:code", value=text)

    other = memory(9, Draft("insight", "asks mostly about code", "observed", slot="asks_about"))
    noted = memory(8, Draft("insight", "has a kiln in a pottery class", "inferred"))
    standing = [memory(1, liked(5)), other, noted]
    assert reconcile([liked(6)], standing, NOW) == (Supersede(UUID(int=1), liked(6)),)
    assert reconcile([liked(5)], standing, NOW) == (Renew(UUID(int=1), liked(5)),)
    twice = [*standing, memory(2, liked(6))]
    steps = reconcile([liked(6)], twice, NOW)
    assert {s.memory_id for s in steps if isinstance(s, End)} == {UUID(int=1)}
    assert {s.memory_id for s in steps if isinstance(s, Renew)} == {UUID(int=2)}
    assert reconcile([replace(liked(6), slot="")], [noted], NOW) == (
        Add(replace(liked(6), slot="")),
    )
