"""Which memory takes whose place, and what holds again when one is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.store.known import AWS, DAY, FLY, VERCEL, Person
from tests.store.support import NOW

if TYPE_CHECKING:
    from learning.store.store import Store


async def test_superseded_it_is_history_and_said_again_it_is_new(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        source = await user.says()
        vercel = await user.known(VERCEL, source)
        fly = await user.moves(vercel, FLY, NOW + DAY)
        assert await user.texts() == [FLY.text]
        assert await user.texts(superseded=True) == [FLY.text, VERCEL.text]
        old = await user.one(vercel)
        assert (old.superseded_by, old.valid_to) == (fly, NOW + DAY)
        assert not old.holds(NOW)
        # The message that told it is read once more: it tells nothing new.
        assert await user.known(VERCEL, source) == vercel
        await user.memories.supersede(fly, vercel, NOW + DAY)
        assert await user.texts() == [FLY.text]
        # Said once more, it is.
        back = await user.moves(fly, VERCEL, NOW + 2 * DAY)
        assert back not in {vercel, fly}
        assert await user.texts() == [VERCEL.text]
        await user.memories.supersede(back, vercel, NOW)
        await user.memories.supersede(back, back, NOW)
        assert await user.texts() == [VERCEL.text], "nothing is superseded in a circle"


async def test_what_was_superseded_twice_keeps_its_first_successor(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        vercel, aws = await user.known(VERCEL), await user.known(AWS)
        fly = await user.moves(vercel, FLY)
        await user.memories.supersede(vercel, aws, NOW + DAY)
        assert (await user.one(vercel)).superseded_by == fly


async def test_when_the_successor_is_deleted_it_holds_again(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        vercel = await user.known(replace(VERCEL, until=NOW + 9 * DAY))
        fly = await user.moves(vercel, FLY)
        assert await user.memories.revived_by_loss([fly]) == [vercel]
        assert await user.memories.revived_by_loss([vercel]) == []
        await user.memories.delete([fly])
        old = await user.one(vercel)
        assert (old.superseded_by, old.valid_to) == (None, NOW + 9 * DAY)
        assert await user.texts() == [VERCEL.text]


async def test_what_took_the_deleted_ones_place_takes_the_earlier_ones_too(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        vercel = await user.known(VERCEL)
        fly = await user.moves(vercel, FLY)
        aws = await user.moves(fly, AWS)
        assert await user.memories.revived_by_loss([fly]) == []
        await user.memories.delete([fly])
        assert (await user.one(vercel)).superseded_by == aws
        assert await user.texts() == [AWS.text]
        await user.memories.delete([aws])
        assert await user.texts() == [VERCEL.text]


async def test_several_that_go_at_once_leave_what_was_before_all_of_them(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        vercel = await user.known(VERCEL)
        fly = await user.moves(vercel, FLY)
        aws = await user.moves(fly, AWS)
        assert await user.memories.revived_by_loss([aws, fly]) == [vercel]
        await user.memories.delete([aws, fly])
        assert await user.texts() == [VERCEL.text]


async def test_of_two_with_the_same_words_only_the_newer_holds_again(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        older = await user.known(VERCEL)
        fly = await user.moves(older, FLY)
        newer = await user.known(VERCEL, now=NOW + DAY)
        await user.memories.supersede(newer, fly, NOW + DAY)
        assert await user.memories.revived_by_loss([fly]) == [newer]
        await user.memories.delete([fly])
        assert (await user.one(older)).superseded_by == newer
        assert [m.id for m in await user.memories.of("U1", now=NOW)] == [newer]


async def test_what_was_said_anew_since_does_not_stand_twice(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        older = await user.known(VERCEL)
        fly = await user.moves(older, FLY)
        newer = await user.known(VERCEL, now=NOW + DAY)  # both at once, as far as anybody said
        await user.memories.revive([older])
        assert (await user.one(older)).superseded_by == newer
        await user.memories.delete([fly])
        assert await user.texts() == [VERCEL.text]
        # And when the newer one goes as well, the older is all there is.
        await user.memories.delete([newer])
        assert [m.id for m in await user.memories.of("U1", now=NOW)] == [older]


async def test_a_memory_whose_twin_goes_with_its_successor_holds_again(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        older = await user.known(VERCEL)
        fly = await user.moves(older, FLY)
        newer = await user.known(VERCEL, now=NOW + DAY)
        assert await user.memories.revived_by_loss([fly]) == []
        assert await user.memories.revived_by_loss([fly, newer]) == [older]
        await user.memories.delete([fly, newer])
        assert [m.id for m in await user.memories.of("U1", now=NOW)] == [older]
