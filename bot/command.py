"""One row of the table of commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from integrations.contracts.host import CommandReply, Person

Asked = Callable[[Person, str], Awaitable[CommandReply]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command, for every surface.

    Attributes:
        name: the word it begins with.
        usage: how it is typed: "forget ID".
        summary: what it does, in a sentence.
        run: gets the person and the rest of the line.
    """

    name: str
    usage: str
    summary: str
    run: Asked
