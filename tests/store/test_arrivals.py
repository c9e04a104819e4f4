"""A message that says an earlier question more clearly, and how far a thread was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from learning.scope import WORKSPACE, channel, person
from learning.store.arrivals import Arrival, Repeated, arrive
from learning.store.conversations import Conversations
from learning.store.ids import new_id
from learning.store.interactions import Interactions
from tests.store.support import NOW, arrived, exchange

if TYPE_CHECKING:
    from uuid import UUID

    from learning.store.store import Store

SECOND = timedelta(seconds=1)
CLEARER = Arrival("web", "e1", "C1", "thread", "U1", WORKSPACE, "build a REST API", NOW)


async def test_a_message_may_say_an_earlier_question_more_clearly(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        interactions = Interactions(unit)
        unclear = (await exchange(unit, "U1", "build api")).interaction_id
        assert await interactions.settling(unclear) is None
        clearer: list[UUID] = []
        for n in range(2):
            message = replace(CLEARER, event_id=f"e{n}", clarifies=unclear)
            clearer.append((await arrive(unit, message, NOW + n * SECOND)).interaction_id)
            assert await interactions.settling(unclear) == clearer[-1], "the newest"
        found = await interactions.find(clearer[0])
        assert found is not None
        assert (found.clarifies, found.again) == (unclear, None)
        first = await interactions.find(unclear)
        assert first is not None
        assert first.clarifies is None
        with pytest.raises(Repeated):
            await arrive(unit, replace(CLEARER, event_id="e1", clarifies=unclear), NOW)
        await unit.connection.rollback()


async def test_a_question_that_is_gone_or_not_for_them_counts_as_none(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        said = await exchange(unit, "U1", "build api", audience=person("U1"), thread="dm")
        private = said.interaction_id
    for id_ in (private, new_id()):
        async with store.begin(workspace, (WORKSPACE, channel("C1"))) as unit:
            message = replace(CLEARER, event_id=str(id_), clarifies=id_)
            found = await Interactions(unit).find((await arrive(unit, message, NOW)).interaction_id)
            assert found is not None
            assert found.clarifies is None


async def test_a_message_outlives_the_question_it_said_more_clearly(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        unclear = (await exchange(unit, "U1", "build api")).interaction_id
        clearer = await arrive(unit, replace(CLEARER, clarifies=unclear), NOW)
    async with store.begin(workspace, None) as unit:
        await Interactions(unit).delete([unclear])
        found = await Interactions(unit).find(clearer.interaction_id)
        assert found is not None
        assert found.clarifies is None


async def test_how_far_a_thread_was_read_never_goes_back(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        conversations = Conversations(unit)
        thread = (await arrived(unit, "U1", "hello")).conversation_id
        other = (await arrived(unit, "U1", "hello", thread="other")).conversation_id
        assert await conversations.distilled(thread) == 0
        for position, expected in ((3, 3), (2, 3), (5, 5)):
            await conversations.distil_to(thread, position)
            assert await conversations.distilled(thread) == expected
        assert await conversations.distilled(other) == 0
        assert await conversations.distilled(new_id()) == 0
