"""Doing one thing that somebody wants in so many words: a command, a button.

The parts of Mynah that offer commands know no more of actions than this.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from integrations.contracts.host import CommandReply, Person

Doing = Callable[[Person, str, Mapping[str, Any]], Awaitable[CommandReply]]
"""Uses a tool with parameters on behalf of a person, as an action of theirs: recorded, allowed or
asked about, learned from. Never raises for what a tool says: the reply tells."""
