"""Which workspaces let us in: kept for every process, and renewed by one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from bot.installations import KeptInstallations
from learning.store.installations import INSTALLING
from learning.store.store import Store
from tests.store.support import NOW, ask

if TYPE_CHECKING:
    from learning.store.cipher import Cipher

TOKEN = "xoxe.xoxb-stand-in-for-a-secret"


async def test_an_installation_is_kept_sealed_and_found_by_any_process(
    store: Store, cipher: Cipher, workspace: str
) -> None:
    surface = f"chat-{uuid4().hex}"
    saved = await KeptInstallations(store, lambda: NOW).save(surface, workspace, {"bot": TOKEN})
    async with Store(store.conninfo, cipher) as other:
        kept = KeptInstallations(other, lambda: NOW)
        assert await kept.find(surface, workspace) == saved
        assert await kept.all(surface) == [workspace]
    assert (saved.body, saved.installed_at, saved.version) == ({"bot": TOKEN}, NOW, 1)
    assert TOKEN not in repr(saved)
    ((body,),) = ask(
        store.conninfo, "SELECT body FROM installations WHERE workspace_id = %s", workspace
    )
    assert TOKEN.encode() not in bytes(body)


async def test_asking_for_an_installation_makes_no_workspace(store: Store, workspace: str) -> None:
    kept = KeptInstallations(store, lambda: NOW)
    assert await kept.find("chat", workspace) is None
    assert workspace not in await store.workspace_ids()


async def test_tokens_are_renewed_by_one_process_and_never_over_newer_ones(
    store: Store, cipher: Cipher, workspace: str
) -> None:
    hour = NOW
    kept = KeptInstallations(store, lambda: hour)
    old = await kept.save("chat", workspace, {"bot": "1"})
    async with Store(store.conninfo, cipher) as other:
        others = KeptInstallations(other, lambda: hour)
        claims = await asyncio.gather(kept.claim(old, 30), others.claim(old, 30))
        assert sorted(claims) == [False, True]
        hour = NOW + timedelta(seconds=30)  # who claimed it died over it
        assert await others.claim(old, 30)
        assert await others.renew(old, {"bot": "2"})
    assert not await kept.renew(old, {"bot": "late"})
    assert not await kept.claim(old, 30)
    new = await kept.find("chat", workspace)
    assert new is not None
    assert (new.body, new.version, new.installed_at) == ({"bot": "2"}, 2, NOW)
    assert await kept.claim(new, 30)
    again = await kept.save("chat", workspace, {"bot": "3"})
    assert (again.version, again.installed_at) == (3, hour)
    assert await kept.claim(again, 30)


async def test_a_state_is_taken_once_in_time_and_on_its_own_surface(store: Store) -> None:
    hour = NOW
    kept = KeptInstallations(store, lambda: hour)
    surface = f"chat-{uuid4().hex}"
    first, second = [await kept.issue_state(surface, 600) for _ in range(2)]
    assert not await kept.consume_state("elsewhere", first)
    taken = await asyncio.gather(*(kept.consume_state(surface, first) for _ in range(4)))
    assert sorted(taken) == [False, False, False, True]
    hour = NOW + timedelta(seconds=600)
    assert not await kept.consume_state(surface, second)
    assert not await kept.consume_state(surface, "")
    digests = "SELECT digest FROM oauth_states WHERE surface = %s"
    third = await kept.issue_state(surface, 600)
    hour = NOW + timedelta(seconds=1200)
    await kept.issue_state(surface, 600)
    ((digest,),) = ask(store.conninfo, digests, surface)
    assert third.encode() not in bytes(digest)
    assert INSTALLING not in await store.workspace_ids()
