"""A turn in which something is done: because the person says so, or because a model wants it.

Sequence only: what a message asks to have done is decided in ``learning.actions.requests``, what
may be done and how it goes in ``bot.acting.execute``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from bot.acting.hands import AnswerHands
from bot.acting.wanted import Here, Wanted
from bot.record import target_of
from integrations.contracts.host import Person
from learning.actions.fitting import fitting
from learning.actions.requests import Asked, as_data, from_data, go_on, lacking, read, wanting
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from uuid import UUID

    from bot.acting.execute import Acting
    from bot.acting.plans import Plans
    from bot.stages import Loaded
    from integrations.contracts.delivery import Button
    from integrations.contracts.surface import Live, Surface
    from integrations.contracts.tools import Tool
    from learning.recollection import Recollection
    from learning.store.store import Store

LEFT: Final = "All right, I leave it."
ABSENT: Final = {
    "github": (
        "That takes GitHub, which is not connected here. Whoever runs me sets `GITHUB_TOKEN`, and "
        "names this workspace in `MYNAH_TOOL_WORKSPACES`."
    ),
    "music": (
        "I make songs with a music service, and none is connected here. Whoever runs me sets "
        "`MYNAH_MUSIC_URL`, and names this workspace in `MYNAH_TOOL_WORKSPACES`."
    ),
}
"""What to say of tools that somebody asks for and nobody connected."""
_ASKS: Final = "say “never mind”"
"""Stands in every sentence of ours that asks for what is missing."""
_LOOKED_BACK: Final = 4
"""Messages of a thread among which such a sentence is looked for."""
_LISTED: Final = 200
"""Messages whose tools are remembered at most: not every one comes to be answered."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a message asks to have done.

    Attributes:
        asked: the request; nothing if the person wants it no more, or it cannot be done.
        tool: what it is to be done with.
        absent: why that is not there, in words.
    """

    asked: Asked | None
    tool: Tool | None
    absent: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What to show of a request, and what to keep of how it was read."""

    text: str
    buttons: tuple[Button, ...] = ()
    explanation: Mapping[str, Any] = field(default_factory=dict)


class Acts:
    """Does what turns ask for.

    Args:
        store: where actions and interactions are.
        acting: does it.
        surfaces: know who is a guest.
        zone: returns the name of a person's time zone, empty if nobody knows.
        plans: know which ways to do something worked.
    """

    def __init__(
        self,
        store: Store,
        acting: Acting,
        surfaces: Mapping[str, Surface],
        zone: Callable[[str, str, str], Awaitable[str]] | None = None,
        plans: Plans | None = None,
    ) -> None:
        self._store = store
        self._acting = acting
        self._surfaces = surfaces
        self._zone = zone
        self._plans = plans
        # Tools as they were listed when a message was read, for the answer to the same message.
        self._listed: dict[UUID, Sequence[Tool]] = {}

    async def requested(self, workspace_id: str, loaded: Loaded) -> Request | None:
        """Return what a message asks to have done; nothing if it is for who answers.

        What asks for another answer, or says which reading was meant, is none: the words are
        those of an earlier message.
        """
        interaction = loaded.interaction
        if interaction.again or interaction.asked_role or loaded.settles or interaction.clarifies:
            return None
        tools = self._listed[interaction.id] = await self._tools(workspace_id, loaded)
        if len(self._listed) > _LISTED:
            self._listed.pop(next(iter(self._listed)))
        known = {tool.name: tool for tool in tools}
        text = loaded.question.text
        asked = read(text, tools)
        if asked is not None:
            return Request(asked, known[asked.tool])
        open_ = await self._open(workspace_id, loaded)
        if open_ is None or open_.tool not in known:
            absent = ABSENT.get(lacking(text, tools).partition(".")[0])
            return None if absent is None else Request(None, None, absent)
        further = go_on(open_, text, known[open_.tool])
        if further is None:
            return None
        return Request(None if further == "left" else further, known[open_.tool])

    async def act(self, workspace_id: str, loaded: Loaded, request: Request, live: Live) -> Done:
        """Do what is asked for, or ask for what is missing."""
        asked, tool = request.asked, request.tool
        if asked is None or tool is None:
            return Done(request.absent or LEFT)
        if asked.missing:
            return Done(wanting(asked, tool), explanation={"wanted": as_data(asked)})
        explanation = {"acted": {"tool": tool.name, "title": tool.title}}
        await live.status(f"Using {tool.title}…")
        here = await self._here(workspace_id, loaded, tainted=False)
        executed = await self._acting.execute(here, Wanted(tool.name, asked.params, "person"))
        return Done(executed.text, executed.buttons, explanation)

    async def hands(
        self, workspace_id: str, loaded: Loaded, recalled: Sequence[Recollection], live: Live
    ) -> AnswerHands | None:
        """Return the tools for a model's answer; nothing where there are none."""
        tools = self._listed.pop(loaded.interaction.id, None)
        if tools is None:
            tools = await self._tools(workspace_id, loaded)
        tools = fitting(loaded.question.text, tools)
        if not tools:
            return None
        here = await self._here(workspace_id, loaded, tainted=of_others(loaded, recalled))
        return AnswerHands(self._acting, here, tools, live)

    async def plan(self, workspace_id: str, loaded: Loaded) -> str:
        """Return what the person's earlier work says of what they ask about; empty if nothing."""
        if self._plans is None or not loaded.learns:
            return ""
        asked = loaded.interaction
        readable = loaded.scope(workspace_id).readable()
        return await self._plans.known(
            workspace_id, asked.user_id, asked.surface, readable, loaded.question.text
        )

    async def _tools(self, workspace_id: str, loaded: Loaded) -> Sequence[Tool]:
        asked = loaded.interaction
        return await self._acting.tools(Person(workspace_id, asked.user_id, asked.surface))

    async def _who(self, workspace_id: str, loaded: Loaded) -> Person:
        interaction, tz = loaded.interaction, ""
        target = target_of(workspace_id, loaded.conversation, interaction)
        # Of a reply that they alone read, all that counts is what they are themselves.
        outsider = await self._surfaces[interaction.surface].outsiders(
            replace(target, private=True)
        )
        if self._zone is not None:
            tz = await self._zone(interaction.surface, workspace_id, interaction.user_id)
        return Person(
            workspace_id,
            interaction.user_id,
            interaction.surface,
            loaded.conversation.channel_id,
            private=interaction.audience.kind == "user",
            outsider=outsider,
            tz=tz,
        )

    async def _here(self, workspace_id: str, loaded: Loaded, *, tainted: bool) -> Here:
        return Here(
            await self._who(workspace_id, loaded),
            loaded.interaction.audience,
            loaded.interaction.id,
            loaded.conversation.id,
            tainted=tainted,
        )

    async def _open(self, workspace_id: str, loaded: Loaded) -> Asked | None:
        """Return the request whose missing parts the person was asked for in this thread."""
        latest = loaded.history[-_LOOKED_BACK:]
        if not any(said.by == "mynah" and _ASKS in said.text for said in latest):
            return None
        asked = loaded.interaction
        async with self._store.begin(workspace_id, None) as unit:
            before = await Interactions(unit).previous(
                asked.conversation_id, asked.created_at, asked.user_id, limit=1
            )
        return from_data(before[0].explanation.get("wanted")) if before else None


def of_others(loaded: Loaded, recalled: Sequence[Recollection]) -> bool:
    """Return whether text stands before a model that the person did not write.

    An earlier answer counts: it may repeat what a tool or a document said.
    """
    asker = loaded.interaction.user_id
    own = all(r.kind in {"memory", "message"} and r.speaker == asker for r in recalled)
    return not own or bool(loaded.heard) or any(said.by == "mynah" for said in loaded.history)
