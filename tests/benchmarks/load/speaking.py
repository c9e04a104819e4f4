"""The other end of a child's pipe: a stand-in that people speak in, asked a line at a time.

Keeps what every stand-in under load keeps alike: which questions were asked last, and what was
seen of their answers when. Refuses to know which platform it is.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    Json = dict[str, Any]


@dataclass(slots=True)
class Noted:
    """When something of the answer to a question was visible, and which calls were made."""

    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def sign(self, question: str) -> None:
        """Note that something is visible now."""
        self.first.setdefault(question, time.monotonic())

    def change(self, question: str) -> None:
        """Note that the answer changes now."""
        self.last[question] = time.monotonic()


class Place(ABC):
    """What is asked of a stand-in's process, by name.

    Attributes:
        asked: the last questions.
    """

    def __init__(self, noted: Noted) -> None:
        self._noted = noted
        self.asked: list[str] = []

    def answered(self) -> Json:
        """Return how many of the last questions have an answer."""
        return {"answered": sum(bool(self.answers(question)) for question in self.asked)}

    def seen(self) -> Json:
        """Return what was seen of the answers to the last questions."""
        return {
            "threads": {
                question: {
                    "first": self._noted.first.get(question),
                    "last": self._noted.last.get(question),
                    "answers": self.answers(question),
                }
                for question in self.asked
            },
            "calls": dict(self._noted.calls),
            "errors": dict(Counter(self.errors())),
        }

    @abstractmethod
    def answers(self, question: str) -> int:
        """Return how many finished answers a question has."""

    @abstractmethod
    def errors(self) -> Iterable[str]:
        """Name every call that was refused."""


def say(said: Json) -> None:
    """Answer who started this process."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


async def listen(place: Place) -> None:
    """Do what is asked until nobody asks any more."""
    reader = await _lines()
    while line := await reader.readline():
        asked = json.loads(line)
        said = getattr(place, asked.pop("do"))(**asked)
        say(await said if inspect.isawaitable(said) else said)


async def _lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader
