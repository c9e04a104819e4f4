"""The page: decides who sits before it and how its parts lie beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import nicegui
from nicegui import Client, ui

from integrations.contracts.host import Person
from integrations.surfaces.web import theme
from integrations.surfaces.web.chat import Chat
from integrations.surfaces.web.markdown import Markdown

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fastapi import FastAPI

    from integrations.contracts.host import Host

_RECONNECT_S = 20.0
"""How long a page that lost its connection is kept, in seconds."""

_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``WebSurface`` was built with; see there."""

    workspace_id: str
    user_id: str
    allow_user_parameter: bool
    examples: tuple[str, ...]
    now: Callable[[], datetime]
    stopping: Callable[[], bool]


def mount(app: FastAPI, host: Host, settings: Settings) -> None:
    """Put the page at ``/`` of an application that has not started yet."""
    markdown = Markdown()

    # NiceGUI keeps one application for the process. If an earlier mount has served requests,
    # its middleware is already linked and would refuse the middleware of this one.
    nicegui.app.middleware_stack = None
    nicegui.app.user_middleware.clear()

    @ui.page("/", title="Mynah", favicon=theme.LOGO, dark=None, language="en-US")
    async def show(client: Client, c: str = "", user: str = "") -> None:
        theme.apply()
        chat = Chat(
            client,
            host,
            person_before(settings, user),
            markdown,
            examples=settings.examples,
            now=settings.now,
            stopping=settings.stopping,
        )
        await chat.open(_conversation(c))

    app.add_middleware(theme.PageHeaders)
    ui.run_with(
        app,
        title="Mynah",
        favicon=theme.LOGO,
        dark=None,
        language="en-US",
        binding_refresh_interval=None,
        reconnect_timeout=_RECONNECT_S,
        tailwind=False,
        show_welcome_message=False,
    )


def person_before(settings: Settings, name: str) -> Person:
    """Return who sits before the page, given the name in its address."""
    chosen = name.strip()[:_LONGEST_NAME] if settings.allow_user_parameter else ""
    user_id = chosen or settings.user_id
    # The page is served to this machine alone: who sits before it owns the installation.
    owns = user_id == settings.user_id
    return Person(settings.workspace_id, user_id, "web", f"web:{user_id}", private=True, admin=owns)


def _conversation(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
