"""``mynah doctor``: what is missing, and how to mend it."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot import clock
from bot.acting.connected import given_by, openers
from bot.app import open_database
from bot.configured import discord_settings, embedder_settings, slack_settings
from bot.due import due_everywhere
from bot.installations import KeptInstallations
from integrations.contracts.check import Check
from integrations.contracts.embedder import EmbedderFailure
from integrations.contracts.reranker import RerankerFailure
from integrations.contracts.tools import ToolFailure
from integrations.embedders.choose import choose
from integrations.models import doctor as models
from integrations.models.mapping import MappingFailure
from integrations.models.ollama import resolve
from integrations.rerankers.choose import choose as choose_reranker
from integrations.surfaces.discord.examine import examine as examine_discord
from integrations.surfaces.slack.examine import Examination
from integrations.tools.outside import SourceInvalid
from learning.store.errors import StoreUnavailable
from learning.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.acting.toolboxes import Box, Given
    from bot.due import Due
    from bot.settings import Settings
    from integrations.contracts.installations import Installations

_LITTLE_SPACE = 500 * 2**20
_LATE = timedelta(minutes=15)


async def examine(settings: Settings) -> list[Check]:
    """Look at everything Mynah needs; change nothing but missing tables."""
    return [
        _space(settings),
        *await _database(settings),
        *await _discord(settings),
        await _embedder(settings),
        await _reranker(settings),
        *await _tools(settings),
        *await _roles(settings),
    ]


def _space(settings: Settings) -> Check:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    ok = free > _LITTLE_SPACE
    return Check(
        "home",
        ok,
        f"{settings.home} has {free / 2**30:.1f} GB free",
        "" if ok else "free some disk space, or set MYNAH_HOME to a folder elsewhere",
    )


async def _database(settings: Settings) -> list[Check]:
    """Look at the database, and at Slack, whose tokens are in it."""
    where = "the embedded server" if settings.database_url is None else "MYNAH_DATABASE_URL"
    try:
        async with (
            open_database(settings, lambda _: None) as (conninfo, cipher),
            Store(conninfo, cipher) as store,
        ):
            await store.check_key()
            slack = await _slack(settings, KeptInstallations(store, clock.now))
            due = _due(await due_everywhere(store, clock.now()))
    except StoreUnavailable as error:
        sentence, _, mend = str(error).partition(": ")
        slack = await _slack(settings, None)
        return [Check("database", ok=False, sentence=f"{where}: {sentence}", mend=mend), *slack]
    return [
        Check("database", ok=True, sentence=f"{where} answers, and its key fits"),
        due,
        *slack,
    ]


def _due(found: Sequence[Due]) -> Check:
    """Tell what waits for its time, and that nobody works if it waits too long."""
    late = [each.what for each in found if each.at and each.at < clock.now() - _LATE]
    mend = f"{', '.join(late)} wait longer than they should: start `mynah run`" if late else ""
    return Check("due", ok=True, sentence="; ".join(map(str, found)), mend=mend)


async def _slack(settings: Settings, installations: Installations | None) -> list[Check]:
    slack = slack_settings(settings)
    if slack is None:
        if not (settings.slack_app_token or settings.slack_signing_secret):
            return []
        return [
            Check(
                "slack",
                ok=False,
                sentence="Slack is off, though there is a way for it to reach Mynah",
                mend="set SLACK_BOT_TOKEN, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET",
            )
        ]
    token = settings.slack_config_token
    examination = Examination(
        slack, installations, token.get_secret_value() if token else "", clock.now
    )
    return await examination.examine()


async def _discord(settings: Settings) -> list[Check]:
    discord = discord_settings(settings)
    return [] if discord is None else await examine_discord(discord)


async def _embedder(settings: Settings) -> Check:
    try:
        embedder = await choose(settings.embedder, embedder_settings(settings))
    except EmbedderFailure as failure:
        return Check("embedder", ok=False, sentence=str(failure))
    name = embedder.name
    await embedder.close()
    mend = ""
    if name.startswith("hashing:"):
        mend = (
            "for search by meaning set MYNAH_EMBEDDER to onnx:DIR, ollama:nomic-embed-text "
            "or openai"
        )
    return Check("embedder", ok=True, sentence=f"{name} is ready", mend=mend)


async def _reranker(settings: Settings) -> Check:
    try:
        reranker = await choose_reranker(settings.reranker, cache=settings.fastembed_cache)
    except RerankerFailure as failure:
        return Check("reranker", ok=False, sentence=str(failure))
    if reranker is None:
        return Check("reranker", ok=True, sentence="there is none, and none is needed")
    name = reranker.id
    await reranker.close()
    return Check("reranker", ok=True, sentence=f"{name} is ready")


async def _tools(settings: Settings) -> list[Check]:
    """Look at the sources of tools that the settings speak of."""
    try:
        given = given_by(settings)
    except SourceInvalid as problem:
        return [Check("tools", ok=False, sentence=str(problem))]
    opening = openers(settings)
    return [await _source(each, opening[each.kind]) for each in given]


async def _source(given: Given, opening: Callable[[str, Mapping[str, Any]], Box]) -> Check:
    name = f"tools {given.name}"
    box = await asyncio.to_thread(opening, given.name, given.body)
    try:
        count = len(await box.tools(""))
    except ToolFailure as failure:
        return Check(name, ok=False, sentence=str(failure))
    finally:
        await box.close()
    return Check(name, ok=True, sentence=f"{count} tools are there")


async def _roles(settings: Settings) -> list[Check]:
    try:
        plan = await resolve(settings.models())
    except MappingFailure as failure:
        return [Check("roles", ok=False, sentence=str(failure))]
    findings = [
        Check(f"role {name}", ok=True, sentence=f"{each.ref} ({each.why})")
        for name, each in plan.assignments.items()
    ]
    checks = await models.check(settings.models())
    return [*findings, *checks]
