"""Many workspaces in one process: each has its own token, and none hears of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.reading import payload
from tests.surfaces.slack.teams import Town, open_town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from learning.store.store import Store
    from tests.surfaces.slack.teams import Tenancy


@pytest.fixture
async def town(store: Store) -> AsyncIterator[Town]:
    async with open_town(store) as it:
        yield it


def tokens(town: Town, method: str) -> set[str]:
    return {seen.token for seen in town.slack.calls if seen.method == method}


async def asked(town: Town, tenancy: Tenancy) -> list[str]:
    """Ask something there; return whose question it then was for us."""
    before = len(town.host.accepted)
    await tenancy.team.say(tenancy.ada, tenancy.general, f"{tenancy.called} hello")
    return [event.workspace_id for event in town.host.accepted[before:]]


async def test_each_workspace_is_heard_and_answered_by_its_own_token(town: Town) -> None:
    acme, other = await town.team("acme"), await town.team("other")
    surface = await town.listening()
    for each in (acme, other):
        assert await asked(town, each) == [each.team.id]
        await surface.deliver(each.reply())
        assert len(each.shown()) == 1
    assert tokens(town, "chat.postMessage") == {acme.installed.token, other.installed.token}


async def test_a_workspace_that_did_not_let_us_in_is_let_be(town: Town) -> None:
    await town.team("acme")
    stranger = town.stranger("stranger")
    surface = await town.listening()
    assert await asked(town, stranger) == []
    assert all(delivery.acked for delivery in town.slack.courier.deliveries)
    with pytest.raises(DeliveryFailure, match="not installed") as caught:
        await surface.deliver(stranger.reply())
    assert caught.value.final
    await stranger.team.uninstall()
    assert town.host.left == []
    # Who installs meanwhile is heard from then on.
    await town.install(stranger)
    assert await asked(town, stranger) == [stranger.team.id]


async def test_a_token_of_the_environment_serves_its_workspace_beside_the_others(
    town: Town,
) -> None:
    acme = await town.team("acme")
    own = town.stranger("own")
    surface = await town.listening(bot_token=own.installed.token)
    worker = town.process(bot_token=own.installed.token)  # that listens to nothing
    for each in (acme, own):
        assert await asked(town, each) == [each.team.id]
        await surface.deliver(each.reply())
        await worker.deliver(each.reply())
        assert len(each.shown()) == 2
    assert await worker.holds(own.team.id)
    await own.team.uninstall()
    assert town.host.left[:1] == [own.team.id]
    assert not await town.process(bot_token=own.installed.token).holds(own.team.id)
    assert await asked(town, acme) == [acme.team.id]


@pytest.mark.parametrize(
    "order", [("app_uninstalled", "tokens_revoked"), ("tokens_revoked", "app_uninstalled")]
)
async def test_who_puts_us_out_is_not_spoken_to_and_late_news_of_it_is_seen_through(
    town: Town, order: tuple[str, str]
) -> None:
    acme = await town.team("acme")
    surface = await town.listening()
    await surface.deliver(acme.reply())
    told = await acme.team.uninstall(order=order)
    assert acme.team.id in town.host.left
    with pytest.raises(DeliveryFailure) as caught:
        await surface.deliver(acme.reply())
    assert caught.value.final
    assert len(acme.shown()) == len(town.slack.called("chat.postMessage")) == 1
    assert not await surface.holds(acme.team.id)

    await town.install(acme)
    assert await asked(town, acme) == [acme.team.id]
    for delivery in told:
        await town.slack.courier.attempt(delivery)
    assert await surface.holds(acme.team.id)
    assert await asked(town, acme) == [acme.team.id]
    await surface.deliver(acme.reply())
    assert len(acme.shown()) == 2


async def test_news_that_we_were_put_out_settles_what_a_refusal_leaves_open(town: Town) -> None:
    acme = await town.team("acme")
    surface = await town.listening()
    await surface.deliver(acme.reply())
    installed = town.slack.state.tokens[acme.installed.token]
    await acme.team.uninstall()
    installed.dead = "invalid_auth"
    worker = town.process()  # the news is written down for other processes
    assert not await worker.holds(acme.team.id)


async def test_several_sockets_share_what_comes_and_are_replaced(town: Town) -> None:
    acme = await town.team("acme")
    app, sockets = town.slack.app, town.slack.sockets
    surface = await town.listening(sockets=3)
    await town.slack.until(lambda: len(sockets.open_of(app)) == 3)
    for _ in range(3):
        assert await asked(town, acme) == [acme.team.id]
    assert {link.delivered > 0 for link in sockets.links} == {True}
    await sockets.refresh(app)
    await town.slack.until(lambda: len(sockets.open_of(app)) == 3)
    assert await asked(town, acme) == [acme.team.id]
    await surface.stop()
    await town.slack.until(lambda: not sockets.links)
    assert sockets.faults == []


async def test_an_organisation_that_let_us_in_is_one_workspace(town: Town) -> None:
    acme = await town.team("acme")
    kept = await town.kept.find("slack", acme.team.id)
    assert kept is not None
    whole = f"E{acme.team.id}"
    await town.kept.save("slack", whole, kept.body)
    surface = await town.listening()
    await acme.team.say(acme.ada, acme.general, f"{acme.called} hello")
    body = dict(town.slack.courier.deliveries[-1].body) | {"event_id": "Ev-of-the-organisation"}
    body["authorizations"] = [
        body["authorizations"][0] | {"enterprise_id": whole, "is_enterprise_install": True}
    ]
    assert payload.installation(body).workspace_id == whole
    await town.slack.courier.send(town.slack.app, "events_api", body)
    assert [event.workspace_id for event in town.host.accepted][-1] == whole
    reply = acme.reply()
    await surface.deliver(replace(reply, target=replace(reply.target, workspace_id=whole)))
    assert len(acme.shown()) == 1
