"""Choices, runs and credits: what was decided, what it cost, what was learned from it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from learning.scope import WORKSPACE, channel, person
from learning.store.arrivals import Arrival, arrive
from learning.store.credits import Credited, Credits
from learning.store.feedback import Signals
from learning.store.ids import new_id
from learning.store.interactions import Choice, Interactions, Run
from tests.store.support import NOW, arrived, exchange, finish

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Store, Unit

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
POLICY = "policy:guarded"


async def chosen(unit: Unit, id_: UUID, now: datetime = NOW, **more: Any) -> UUID:
    given: dict[str, Any] = {"arm": "lead", "propensity": 0.5, "context": {"length": 9}}
    return await Interactions(unit).choose(
        id_, policy="guarded", candidates=[{"role": "lead"}], now=now, **given | more
    )


async def asked(
    unit: Unit,
    user: str,
    *,
    audience: Audience = WORKSPACE,
    again: UUID | None = None,
    role: str | None = None,
) -> UUID:
    arrival = Arrival(
        "web", str(new_id()), "C1", "t", user, audience, "Why?", NOW, again=again, asked_role=role
    )
    return (await arrive(unit, arrival, NOW)).interaction_id


async def test_a_choice_is_logged_with_all_that_a_replay_needs(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        id_ = await asked(unit, "U1")
        interactions = Interactions(unit)
        assert await interactions.choice_of(id_) is None
        plain = await chosen(unit, id_)
        assert await interactions.choice_of(id_) == Choice(
            plain, id_, "guarded", "lead", 0.5, {"length": 9}, [{"role": "lead"}], NOW
        )
        settings = {"lead": {"prompt": {"option": "concise", "propensity": 0.25}}}
        latest = await chosen(
            unit, id_, NOW + SECOND, arm="math", model="openai:m", model_version="m-1",
            forced="pinned", settings=settings, fallbacks=["lead", "senior"],
        )  # fmt: skip
        assert await interactions.choice_of(id_) == Choice(
            latest, id_, "guarded", "math", 0.5, {"length": 9}, [{"role": "lead"}], NOW + SECOND,
            "openai:m", "m-1", "pinned", settings, ("lead", "senior"),
        )  # fmt: skip


async def test_it_is_kept_which_answer_was_not_enough_and_who_was_asked(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        first = await asked(unit, "U1")
        second = await asked(unit, "U1", again=first, role="math")
        interactions = Interactions(unit)
        found = [await interactions.find(id_) for id_ in (first, second)]
        assert [(one.again, one.asked_role) for one in found if one] == [
            (None, None),
            (first, "math"),
        ]
        await interactions.delete([first])
    async with store.begin(workspace) as unit:
        left = await Interactions(unit).find(second)
        assert left is not None
        assert (left.again, left.asked_role) == (None, "math")


async def test_a_message_about_an_answer_that_is_gone_or_secret_arrives_all_the_same(
    store: Store, workspace: str
) -> None:
    async with store.begin(f"{workspace}-other", None) as unit:
        elsewhere = await asked(unit, "U1")
    async with store.begin(workspace, None) as unit:
        secret = await asked(unit, "U2", audience=person("U2"))
    for again in (new_id(), elsewhere, secret):
        async with store.begin(workspace) as unit:
            id_ = await asked(unit, "U1", again=again)
        async with store.begin(workspace, None) as unit:
            found = await Interactions(unit).find(id_)
            assert found is not None
            assert found.again is None


async def test_what_was_answered_before_is_found_newest_first(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        interactions = Interactions(unit)
        said = [
            await exchange(unit, user, "Why?", now=NOW + number * SECOND)
            for number, user in enumerate(["U1", "U2", "U1", "U1"])
        ]
        thread = said[0].conversation_id
        await exchange(unit, "U1", "Elsewhere?", thread="other")
        fix = await interactions.open(
            thread, "U1", "web", WORKSPACE, NOW, supersedes=said[0].interaction_id
        )
        await finish(unit, fix)
        await arrived(unit, "U1", "Still open?")
        now = NOW + 3 * SECOND
        ids = [one.interaction_id for one in said]
        before = await interactions.previous(thread, now)
        assert [one.id for one in before] == [ids[2], ids[1], ids[0]]
        mine = await interactions.previous(thread, now, "U1")
        assert [one.id for one in mine] == [ids[2], ids[0]]
        assert [one.id for one in await interactions.previous(thread, now, limit=1)] == [ids[2]]
        assert await interactions.previous(thread, NOW) == []


async def test_spending_is_counted_for_the_workspace_and_for_each_person(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        interactions = Interactions(unit)
        for user, audience, cost, now in (
            ("U1", WORKSPACE, "0.1", NOW),
            ("U1", person("U1"), "0.02", NOW + SECOND),
            ("U2", WORKSPACE, "0.003", NOW + SECOND),
            ("U1", WORKSPACE, "5", NOW - SECOND),
        ):
            run = Run("lead", "m", "timeout", 1.0, cost_usd=Decimal(cost))
            free = Run("lead", "offline", "ok", 1.0)
            await interactions.ran(
                await asked(unit, user, audience=audience), None, [run, free], now
            )
        assert await interactions.spent(NOW) == Decimal("0.123")
        assert await interactions.spent(NOW, "U1") == Decimal("0.12")
        assert await interactions.spent(NOW, "U2") == Decimal("0.003")
        nothing = await interactions.spent(NOW, "U3")
        assert isinstance(nothing, Decimal)
        assert nothing == 0
        assert await interactions.spent(NOW + DAY) == 0
    async with store.begin(f"{workspace}-other", None) as unit:
        assert await Interactions(unit).spent(NOW) == 0


async def test_a_credit_stands_until_it_is_replaced_or_dropped(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        one, two = await asked(unit, "U1"), await asked(unit, "U1")
        credits_ = Credits(unit)
        assert await credits_.of(one) == {}
        await credits_.put(one, POLICY, {"reward": 1.0}, NOW)
        await credits_.put(one, POLICY, {"reward": 0.0, "by": ["a"]}, NOW + SECOND)
        await credits_.put(one, "arm:prompt", {"reward": 0.5}, NOW)
        await credits_.put(two, POLICY, {"reward": 0.25}, NOW)
        assert await credits_.of(one) == {
            POLICY: {"reward": 0.0, "by": ["a"]},
            "arm:prompt": {"reward": 0.5},
        }
        await credits_.drop(one, [POLICY, "unknown"])
        await credits_.drop(one, [])
        assert await credits_.of(one) == {"arm:prompt": {"reward": 0.5}}
        assert await credits_.of(two) == {POLICY: {"reward": 0.25}}
        await Interactions(unit).delete([one])
    async with store.begin(workspace) as unit:
        assert await Credits(unit).of(one) == {}
    async with store.begin(f"{workspace}-other") as unit:
        assert await Credits(unit).of(two) == {}


async def test_the_ledger_is_read_in_the_order_of_the_choices(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        credits_, interactions = Credits(unit), Interactions(unit)
        ids = [await asked(unit, "U1") for _ in range(3)]
        for id_, after in zip(ids, (2, 0, 1), strict=True):
            # Begun twice: a worker was killed after it had chosen.
            await chosen(unit, id_, NOW - DAY, arm="senior")
            await chosen(unit, id_, NOW + after * SECOND, model=f"m{after}")
            await credits_.put(id_, POLICY, {"after": after}, NOW)
            await credits_.put(id_, "policy%", {}, NOW)
        unchosen = await asked(unit, "U1")
        await credits_.put(unchosen, POLICY, {}, NOW)
        found = await credits_.history("policy:", 9)
        assert [(c.interaction_id, c.detail["after"]) for c in found] == [
            (ids[1], 0), (ids[2], 1), (ids[0], 2),
        ]  # fmt: skip
        choice = await interactions.choice_of(ids[1])
        assert choice is not None
        assert found[0] == Credited(ids[1], POLICY, {"after": 0}, choice)
        assert (found[0].context, found[0].arm, found[0].model, found[0].created_at) == (
            {"length": 9}, "lead", "m0", NOW,
        )  # fmt: skip
        assert [c.detail["after"] for c in await credits_.history("policy:", 2)] == [1, 2]
        assert len(await credits_.history("policy%", 9)) == 3, "a prefix is no pattern"
        assert len(await credits_.history("", 9)) == 6
    async with store.begin(f"{workspace}-other") as unit:
        assert await Credits(unit).history("", 9) == []


async def test_a_persons_credits_are_found_before_they_are_erased(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        hers = [await asked(unit, "U1") for _ in range(3)]
        his = await asked(unit, "U2")
        for id_ in (hers[2], hers[0], his):
            for subject in ("a", "b"):
                await Credits(unit).put(id_, subject, {}, NOW)
        assert await Credits(unit).of_user("U1") == [hers[0], hers[2]]
        assert await Credits(unit).of_user("U3") == []
        await Signals(unit).give(his, "U1", "reaction", "+1", NOW)
        await Signals(unit).give(hers[0], "U1", "wish", "shorter", NOW)
        await Signals(unit).take_back(hers[1], "U1", "reaction", "+1", NOW)
        assert set(await Signals(unit).given_by("U1")) == {his, hers[0]}


async def test_reactions_are_counted_within_a_window(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        one, two = await asked(unit, "U1"), await asked(unit, "U2", audience=channel("C1"))
        signals = Signals(unit)
        await finish(unit, one, role="math")
        await finish(unit, two, role="lead")
        for id_, user, kind, value, when in (
            (one, "U1", "reaction", "+1", NOW - 10 * SECOND),  # too old
            (one, "U1", "reaction", "-1", NOW - 9 * SECOND),
            (two, "U1", "reaction", "+1", NOW),
            (one, "U2", "reaction", "+1", NOW),
            (one, "U3", "reaction", "+1", NOW),
            (one, "U3", "reaction", "-1", NOW),
            (one, "U4", "reaction", "+1", NOW + SECOND),  # too new
            (one, "U5", "regenerated", "", NOW),  # no reaction
        ):
            await signals.give(id_, user, kind, value, when)
        await signals.give(one, "U6", "reaction", "+1", NOW - SECOND)
        await signals.take_back(one, "U6", "reaction", "+1", NOW)
        window = (NOW - 10 * SECOND, NOW)
        assert await signals.counts("U1", *window) == (2, 3)
        assert await signals.counts("U9", *window) == (0, 5)
        assert await signals.agreeing("math", *window) == 3
        assert await signals.agreeing("lead", *window) == 1
        assert await signals.agreeing("senior", *window) == 0
    async with store.begin(f"{workspace}-other", None) as unit:
        assert await Signals(unit).counts("U1", *window) == (0, 0)
