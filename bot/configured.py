"""What the settings say is there: surfaces, embedder, reranker, experts.

Decides which of them are opened. Refuses to know how they are joined; ``app`` does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.attachments import Attending
from bot.context import ContextBuilder
from bot.recall import Recaller
from bot.record import Recording
from integrations.embedders.choose import EmbedderSettings
from integrations.models.defaults import OLLAMA_URL
from integrations.models.hearing import open_hearing
from integrations.models.offline.extractive import ExtractiveExpert
from integrations.models.offline.maths import MathsExpert
from integrations.models.seeing import open_seeing
from integrations.rerankers.choose import choose as choose_reranker
from integrations.surfaces.console import ConsoleSurface
from integrations.surfaces.discord.surface import DiscordSettings, DiscordSurface
from integrations.surfaces.slack.surface import SlackSettings, SlackSurface
from integrations.surfaces.web.surface import WebSurface
from learning.roles import ROLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AsyncExitStack

    from bot.clock import Clock
    from bot.embedding import Embedding
    from bot.live import LiveEvents
    from bot.queue import Queue
    from bot.settings import Settings
    from integrations.contracts.installations import Installations
    from integrations.contracts.model import Model
    from integrations.contracts.surface import Surface
    from learning.lexicon import Lexicon
    from learning.roles import RoleName
    from learning.store.store import Store

LOCAL = "local"
"""The workspace of the page and the console."""

_READERS: tuple[RoleName, ...] = ("lead", "router", "senior", "architect")


class UnknownSurface(ValueError):  # noqa: N818 - it is the surface that is unknown
    """A surface that is not there was asked for."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no surface {name!r}: choose from {', '.join(known)}")


def surfaces_of(
    settings: Settings,
    stack: AsyncExitStack,
    live: LiveEvents,
    only: Sequence[str],
    now: Clock,
    installations: Installations,
) -> dict[str, Surface]:
    """Return the surfaces that are configured and wanted."""
    known: dict[str, Surface] = {
        "web": WebSurface(LOCAL, live, now=now),
        "console": ConsoleSurface(live),
    }
    if (slack := slack_settings(settings)) is not None:
        known["slack"] = SlackSurface(slack, now, installations)
        stack.push_async_callback(known["slack"].stop)  # a worker delivers without listening
    if (discord := discord_settings(settings)) is not None:
        known["discord"] = DiscordSurface(discord, now, installations)
        stack.push_async_callback(known["discord"].stop)
    if unknown := set(only) - known.keys():
        raise UnknownSurface(min(unknown), sorted(known))
    return {name: each for name, each in known.items() if not only or name in only}


async def contexts_of(
    settings: Settings, stack: AsyncExitStack, embedding: Embedding, lexicon: Lexicon
) -> ContextBuilder:
    """Return what builds contexts, with a reranker if there is one."""
    reranker = await choose_reranker(settings.reranker, cache=settings.fastembed_cache)
    if reranker is not None:
        stack.push_async_callback(reranker.close)
    return ContextBuilder(Recaller(embedding.name), lexicon, reranker)


async def attending_of(
    settings: Settings,
    stack: AsyncExitStack,
    store: Store,
    queue: Queue,
    surfaces: Mapping[str, Surface],
    lexicon: Lexicon,
    now: Clock,
) -> Attending:
    """Return what reads the files that come with questions, with the models mapped to that.

    Raises:
        MappingFailure: if one is mapped to what it cannot do.
    """
    models = settings.models()
    seeing = await stack.enter_async_context(open_seeing(settings.vision, models))
    hearing = await stack.enter_async_context(open_hearing(settings.transcription, models))
    return Attending(store, Recording(store, queue, now), surfaces, seeing, hearing, lexicon, now)


def first_language_model(models: Mapping[RoleName, Model]) -> Model | None:
    """Return the model that reads conversations in the background: the generalist's, if any."""
    return next((models[name] for name in _READERS if models[name].streams_text), None)


def offline_experts() -> Mapping[str, MathsExpert | ExtractiveExpert]:
    """Return the experts that need no model, one a role."""
    return {
        name: MathsExpert() if name == "math" else ExtractiveExpert(name) for name in ROLE_NAMES
    }


def embedder_settings(settings: Settings) -> EmbedderSettings:
    """Return what concerns the embedder."""
    key = settings.openai_api_key
    return EmbedderSettings(
        openai_api_key=key.get_secret_value() if key else "",
        openai_base_url=settings.openai_base_url or "",
        ollama_base_url=settings.ollama_base_url or OLLAMA_URL,
    )


def slack_settings(settings: Settings) -> SlackSettings | None:
    """Return what concerns Slack, if there is a token for it, or a way to be given some."""
    bot, app, secret, client_secret = (
        value.get_secret_value() if value else ""
        for value in (
            settings.slack_bot_token,
            settings.slack_app_token,
            settings.slack_signing_secret,
            settings.slack_client_secret,
        )
    )
    client_id = settings.slack_client_id or ""
    if not (bot or client_id or client_secret):
        if app or secret:
            structlog.get_logger("mynah.slack").warning(
                "Slack is off",
                why="no SLACK_BOT_TOKEN, and no SLACK_CLIENT_ID with SLACK_CLIENT_SECRET",
            )
        return None
    return SlackSettings(
        bot,
        app,
        secret,
        settings.slack_api_url,
        client_id,
        client_secret,
        settings.slack_sockets,
    )


def discord_settings(settings: Settings) -> DiscordSettings | None:
    """Return what concerns Discord, if there is a token for it."""
    if settings.discord_token is None:
        return None
    return DiscordSettings(
        settings.discord_token.get_secret_value(),
        settings.discord_api_url,
        settings.discord_gateway_url,
        settings.discord_message_content,
        settings.discord_edits,
    )
