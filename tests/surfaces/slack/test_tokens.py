"""Tokens: which one opens a workspace, renewing them once, and what becomes of refused ones."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.teams.tokens import CLAIM_S, RENEW_S
from tests.standins.slack_state import ROTATED_TOKEN_S
from tests.surfaces.slack.teams import Town, open_town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from learning.store.store import Store


@pytest.fixture
async def town(store: Store) -> AsyncIterator[Town]:
    async with open_town(store) as it:
        yield it


@pytest.fixture
async def rotating(town: Town) -> Town:
    town.slack.app.rotates = True
    return town


def renewals(town: Town) -> int:
    return len(town.slack.called("oauth.v2.access"))


async def test_two_processes_with_an_expired_token_renew_it_once(rotating: Town) -> None:
    town, acme = rotating, await rotating.team("acme")
    one, two = town.process(), town.process()
    await asyncio.gather(one.deliver(acme.reply()), two.deliver(acme.reply()))
    assert renewals(town) == 0
    await town.expire(acme, -1)
    await asyncio.gather(*(each.deliver(acme.reply()) for each in (one, two, one, two)))
    assert renewals(town) == 1
    assert len(acme.shown()) == 6
    kept = await town.kept.find("slack", acme.team.id)
    assert kept is not None
    assert kept.body["bot_token"] == acme.installed.token
    assert kept.body["bot_refresh_token"] == acme.installed.refresh_token
    assert acme.installed.token not in repr(kept)


async def test_a_token_is_renewed_before_it_expires_and_serves_while_that_fails(
    rotating: Town,
) -> None:
    town, acme = rotating, await rotating.team("acme")
    first = acme.installed.token
    surface = town.process()
    await town.expire(acme, RENEW_S / 2)
    town.slack.fail("oauth.v2.access", status=0)
    await surface.deliver(acme.reply())
    assert (renewals(town), acme.installed.token) == (1, first)
    town.ahead = timedelta(seconds=CLAIM_S + 1)
    await surface.deliver(acme.reply())
    assert renewals(town) == 2
    assert acme.installed.token != first
    assert len(acme.shown()) == 2


async def test_a_token_that_expires_by_slacks_clock_alone_is_renewed_too(rotating: Town) -> None:
    town, acme = rotating, await rotating.team("acme")
    town.slack.pass_time(ROTATED_TOKEN_S + 1)
    await town.process().deliver(acme.reply())
    assert {seen.error for seen in town.slack.calls} == {"", "token_expired"}
    assert (renewals(town), len(acme.shown())) == (1, 1)


async def test_a_refused_token_is_read_again_because_somebody_may_have_installed_anew(
    town: Town,
) -> None:
    acme = await town.team("acme")
    surface = town.process()
    await surface.deliver(acme.reply())
    await acme.team.uninstall()
    with pytest.raises(DeliveryFailure) as caught:
        await surface.deliver(acme.reply())
    assert caught.value.final
    await town.install(acme)  # by another process
    await surface.deliver(acme.reply())
    assert len(acme.shown()) == 2


async def test_a_renewal_that_slack_refuses_says_what_to_do(rotating: Town) -> None:
    town, acme = rotating, await rotating.team("acme")
    await town.expire(acme, -1)
    acme.installed.refresh_token = "xoxe-1-another"
    surface = town.process()
    with pytest.raises(DeliveryFailure, match="install Mynah again") as caught:
        await surface.deliver(acme.reply())
    assert caught.value.final
    # It may be our own fault: nothing is erased for it, until Slack says that we were put out.
    with pytest.raises(DeliveryFailure):
        await surface.holds(acme.team.id)


async def test_whether_we_are_let_in_is_told_by_slack_and_never_guessed(town: Town) -> None:
    acme, other = await town.team("acme"), await town.team("other")
    surface = town.process()
    assert await surface.holds(acme.team.id)
    assert not await surface.holds("T404")
    town.slack.fail("auth.test", "invalid_auth")  # that is also said to a strange address
    with pytest.raises(DeliveryFailure):
        await surface.holds(acme.team.id)
    town.slack.limit("auth.test", retry_after=600)
    with pytest.raises(DeliveryFailure):
        await surface.holds(acme.team.id)
    town.slack.pass_time(601)
    await acme.team.uninstall()
    assert not await town.process().holds(acme.team.id)
    assert await town.process().holds(other.team.id)
