"""Posting: saying something in a channel on somebody's behalf.

A post goes through the outbox under its action's key: however often it is tried, the channel sees
it once. One that can never be shown makes its action a failed one, and who asked is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from integrations.contracts.surface import DeliveryFailure, NoSuchSpot
from integrations.contracts.tools import Tool, ToolFailure, ToolResult
from learning.store.actions import Actions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.speaking import Speaking
    from integrations.contracts.host import Person
    from integrations.contracts.surface import Spot, Surface
    from integrations.contracts.tools import Call
    from learning.store.doors import Outgoing
    from learning.store.store import Store, Unit

MOST_CHARS: Final = 8_000
"""Characters of a post; more belongs into a document."""
_ACTION: Final = "action:"
_MINE: Final = frozenset({"", "me", "myself", "dm", "here"})

_TOOLS: Final = (
    Tool(
        "post.message",
        "Post a message",
        "Say something in a channel, in the name of the person who wants it.",
        {
            "type": "object",
            "properties": {
                "to": {
                    "type": "string",
                    "description": 'The channel, "#dev"; "me" for their own direct messages.',
                },
                "text": {
                    "type": "string",
                    "description": "What to say, in Markdown.",
                    "maxLength": MOST_CHARS,
                },
            },
            "required": ["to", "text"],
            "additionalProperties": False,
        },
        "writes",
        asks="text",
    ),
)


class Posting:
    """The tools "post".

    Args:
        store: where the outbox is.
        surfaces: those of this process.
        speaking: says it.
    """

    name = "post"

    def __init__(self, store: Store, surfaces: Mapping[str, Surface], speaking: Speaking) -> None:
        self._store = store
        self._surfaces = surfaces
        self._speaking = speaking

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        """Return the tools."""
        del workspace_id
        return _TOOLS

    async def call(self, call: Call) -> ToolResult:
        """Put a post into the outbox.

        Raises:
            ToolFailure: if there is nothing to say, or nowhere to say it.
        """
        text = str(call.params.get("text", "")).strip()
        if not text or len(text) > MOST_CHARS:
            raise ToolFailure(
                "invalid",
                f"A post needs a text of at most {MOST_CHARS:,} characters.",
                "text: required" if not text else "text: is too long",
            )
        to = str(call.params.get("to", "")).strip()
        spot = await spot_of(self._surfaces, call.by, "" if to.casefold() in _MINE else to)
        key = f"{_ACTION}{call.action_id}"
        async with self._store.begin(call.by.workspace_id, None) as unit:
            said = await self._speaking.say(
                unit,
                surface=call.by.surface,
                spot=spot,
                user_id=call.by.user_id,
                key=key,
                text=text,
            )
        done = "Posted" if said is not None else "Posted before"
        return ToolResult(f"{done} in {spot.label}.", {"to": spot.label, "key": key})

    async def lost(self, unit: Unit, outgoing: Outgoing, why: str) -> None:
        """Take in that a post can never be shown."""
        if not outgoing.key.startswith(_ACTION):
            return
        id_ = UUID(outgoing.key.removeprefix(_ACTION))
        actions = Actions(unit)
        if not await actions.move(id_, ("done", "running"), "failed", success=False):
            return
        acted = await actions.find(id_)
        if acted is None or acted.conversation_id is None:
            return
        await self._speaking.say(
            unit,
            surface=outgoing.surface,
            user_id=outgoing.user_id,
            key=f"lost:{outgoing.key}",
            conversation_id=acted.conversation_id,
            text=f"I could not post it after all: {why}.",
        )


async def spot_of(surfaces: Mapping[str, Surface], who: Person, name: str) -> Spot:
    """Return where something can be said on a person's behalf.

    Raises:
        ToolFailure: in the surface's words, if it cannot.
    """
    surface = surfaces.get(who.surface)
    if surface is None:
        raise ToolFailure("unavailable", f"Nothing can be said on {who.surface} from here.")
    try:
        return await surface.spot(who.workspace_id, who.user_id, name)
    except NoSuchSpot as missing:
        said = sentence(str(missing))
        # Where nobody can be spoken to, no other name helps.
        raise ToolFailure(
            "not_found" if name else "not_allowed", said, f"to: {missing}"
        ) from missing
    except DeliveryFailure as failure:
        raise ToolFailure(
            "unavailable", sentence(str(failure)), retry_after_s=failure.retry_after_s
        ) from failure


def sentence(text: str) -> str:
    """Return words as a sentence."""
    words = text.strip().rstrip(".")
    return f"{words[:1].upper()}{words[1:]}."
