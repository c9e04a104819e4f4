"""Learned states: no update is lost, and one can go back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from learning.store.states import Snapshot, States, Stored
from tests.store.support import NOW

if TYPE_CHECKING:
    from learning.store.store import Store

NAME = "policy:guarded"
AT_ONCE = 6


async def test_a_state_is_saved_and_loaded_with_a_version_that_grows(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        states = States(unit)
        assert await states.load(NAME) is None
        assert await states.versions([NAME]) == {}
        assert await states.versions([]) == {}
        assert await states.save(NAME, b"one", NOW) == 1
        assert await states.save(NAME, b"two", NOW) == 2
        assert await states.save("other", b"\x00", NOW) == 1
    async with store.begin(workspace) as unit:
        states = States(unit)
        assert await states.load(NAME) == Stored(2, b"two")
        assert await states.load_many([NAME, "other", "none"]) == {
            NAME: Stored(2, b"two"),
            "other": Stored(1, b"\x00"),
        }
        assert await states.versions([NAME, "other", "none"]) == {NAME: 2, "other": 1}
    async with store.begin(f"{workspace}-other") as unit:
        assert await States(unit).load(NAME) is None


async def test_an_empty_state_is_refused(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        with pytest.raises(ValueError, match=f"{NAME} is empty: delete it"):
            await States(unit).save(NAME, b"", NOW)


async def test_several_states_are_locked_and_saved_at_once(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        states = States(unit)
        await states.save(NAME, b"one", NOW)
        assert await states.lock_many([]) == {}
        assert await states.lock_many(["new", NAME]) == {NAME: Stored(1, b"one"), "new": None}
        await states.save_many({}, NOW)
        await states.save_many({"new": b"first", NAME: b"two"}, NOW)
    async with store.begin(workspace) as unit:
        found = await States(unit).load_many([NAME, "new"])
        assert {name: each.state for name, each in found.items()} == {NAME: b"two", "new": b"first"}
        assert found[NAME].version == 2


@pytest.mark.parametrize("exists", [False, True])
async def test_of_updates_at_once_none_is_lost(store: Store, workspace: str, exists: bool) -> None:
    if exists:
        async with store.begin(workspace) as unit:
            await States(unit).save(NAME, b"0", NOW)
    together = asyncio.Barrier(AT_ONCE)

    async def count() -> None:
        async with store.begin(workspace) as unit:
            await together.wait()
            stored = await States(unit).lock(NAME)
            reached = int(stored.state) if stored else 0
            await States(unit).save(NAME, b"%d" % (reached + 1), NOW)

    await asyncio.gather(*(count() for _ in range(AT_ONCE)))
    async with store.begin(workspace) as unit:
        assert await States(unit).load(NAME) == Stored(AT_ONCE + exists, b"%d" % AT_ONCE)


async def test_a_lock_alone_makes_no_state(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        states = States(unit)
        assert await states.lock(NAME) is None
        assert await states.lock(NAME) is None
    async with store.begin(workspace) as unit:
        states = States(unit)
        assert await states.load(NAME) is None
        assert await states.versions([NAME]) == {}
        assert await states.snapshot(NAME, "nothing", NOW) is None
        assert await states.snapshots(NAME) == []
        assert await states.save(NAME, b"first", NOW) == 1
        assert await states.lock(NAME) == Stored(1, b"first")


async def test_a_transaction_that_fails_leaves_the_state_to_the_next(
    store: Store, workspace: str
) -> None:
    async def fail() -> None:
        async with store.begin(workspace) as unit:
            await States(unit).lock(NAME)
            await States(unit).save(NAME, b"half", NOW)
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        await fail()
    async with store.begin(workspace) as unit:
        assert await States(unit).lock(NAME) is None
        assert await States(unit).save(NAME, b"whole", NOW) == 1


async def test_after_deletion_a_version_does_not_come_again(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        states = States(unit)
        await states.save(NAME, b"one", NOW)
        await states.snapshot(NAME, "kept", NOW)
        await states.save("other", b"other", NOW)
        await states.delete(NAME)
        await states.delete(NAME)
        await states.delete("none")
        assert await states.load_many([NAME, "other"]) == {"other": Stored(1, b"other")}
        assert await states.snapshots(NAME) == []
        # Who remembers version 1 must see that this is another state.
        assert await states.save(NAME, b"new", NOW) > 1


async def test_one_can_go_back_to_a_snapshot_and_forth_again(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        states = States(unit)
        await states.save(NAME, b"good", NOW)
        assert await states.snapshot(NAME, "by hand", NOW) == 1
        assert await states.snapshot(NAME, "twice changes nothing", NOW) == 1
        await states.save(NAME, b"worse", NOW)
        assert await states.restore(NAME, 1, NOW) == 3
        assert await states.load(NAME) == Stored(3, b"good")
        assert await states.snapshots(NAME) == [
            Snapshot(NAME, 2, "before restoring 1", NOW, 5),
            Snapshot(NAME, 1, "by hand", NOW, 4),
        ]
        assert await states.restore(NAME, 2, NOW) == 4
        assert await states.load(NAME) == Stored(4, b"worse")


async def test_a_snapshot_that_is_not_there_is_named_with_those_that_are(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        states = States(unit)
        with pytest.raises(LookupError, match=f"no snapshot 7 of {NAME}: none was taken yet"):
            await states.restore(NAME, 7, NOW)
        for _ in range(2):
            await states.save(NAME, b"state", NOW)
            await states.snapshot(NAME, "", NOW)
        with pytest.raises(LookupError, match=r"no snapshot 7 of .*: choose one of 2, 1"):
            await states.restore(NAME, 7, NOW)
        assert await states.load(NAME) == Stored(2, b"state")


async def test_the_newest_snapshots_are_kept(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        states = States(unit)
        await states.save("other", b"other", NOW)
        await states.snapshot("other", "", NOW)
        for number in range(5):
            await states.save(NAME, b"%d" % number, NOW)
            await states.snapshot(NAME, "", NOW, keep=3)
        assert [found.version for found in await states.snapshots(NAME)] == [5, 4, 3]
        assert len(await states.snapshots("other")) == 1
        # What one goes back to is read before the snapshot of the present pushes it out.
        await states.save(NAME, b"5", NOW)
        await states.restore(NAME, 3, NOW, keep=3)
        assert await states.load(NAME) == Stored(7, b"2")
        assert [found.version for found in await states.snapshots(NAME)] == [6, 5, 4]
        with pytest.raises(ValueError, match="keep is 0"):
            await states.snapshot(NAME, "", NOW, keep=0)
