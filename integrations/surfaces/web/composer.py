"""The input: text, slash commands, and the draft that survives everything.

Decides how a browser's event becomes a call and how its result goes back.
Refuses to know what sending means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from nicegui.element import Element

from integrations.contracts.incoming import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nicegui.events import GenericEventArguments

    from integrations.contracts.host import CommandHelp

_COMMAND = re.compile(r"/([a-z][a-z-]*)(?:\s.*)?", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as the browser sent it.

    Attributes:
        text: as typed.
        event_id: made by the browser; the same until the message is confirmed.
    """

    text: str
    event_id: str

    @classmethod
    def parse(cls, data: Any) -> Self:  # noqa: ANN401 - whatever a browser sends
        """Read what the browser sent.

        Raises:
            ValueError: if it is not a draft.
        """
        fields = [data.get(name) for name in ("text", "id")] if data else []
        if not fields or not all(isinstance(field, str) for field in fields):
            raise ValueError("the page sent something that is not a message: reload it")
        return cls(*fields)


class Composer(Element, component="composer.js"):
    """The input at the foot of the page.

    Args:
        commands: offered when the text starts with a slash.
        on_say: called with each draft sent.
    """

    def __init__(
        self,
        commands: Sequence[CommandHelp],
        on_say: Callable[[Draft], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._props["commands"] = [
            {"name": c.name, "usage": c.usage.lstrip("/"), "summary": c.summary} for c in commands
        ]
        self._props["max"] = MAX_TEXT
        self._props["draft-key"] = "new"
        self._props["confirmed-id"] = ""

        async def say(event: GenericEventArguments) -> None:
            await on_say(Draft.parse(event.args))

        self.on("say", say)

    def show_draft_of(self, key: str) -> None:
        """Put the text back that was being typed for this thread."""
        self._props["draft-key"] = key

    def confirm(self, draft: Draft, thread_key: str) -> None:
        """The draft has arrived, in this thread: empty the input."""
        self._props["confirmed-id"] = draft.event_id
        self._props["draft-key"] = thread_key
        self.run_method("confirmed", draft.event_id, thread_key)

    def refuse(self, draft: Draft, why: str) -> None:
        """The draft was not taken: keep the text and say why."""
        self.run_method("refused", draft.event_id, why)

    def ask(self, text: str) -> None:
        """Send a text as if it had been typed."""
        self.run_method("ask", text)

    def focus(self) -> None:
        """Put the cursor into the input."""
        self.run_method("focus")


def command_of(text: str) -> str | None:
    """Return the command line without its slash, or ``None`` for a message.

    Paths such as ``/etc/hosts`` are not commands.
    """
    found = _COMMAND.fullmatch(text.strip())
    return text.strip()[1:] if found else None
