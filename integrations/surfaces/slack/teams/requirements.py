"""What Slack has to let us do and has to tell us.

Decides which scopes and events we ask for, and what is missing where one was not given. Refuses
to know who asks and how it is shown: the manifest, the page of consent and the doctor do.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Scope:
    """``why`` we ask for a scope, and what does not work ``without`` it."""

    why: str
    without: str


@dataclass(frozen=True, slots=True)
class Told:
    """An event that we ask to be told of: the scopes it ``needs``, and what it ``does``."""

    needs: tuple[str, ...]
    does: str


@dataclass(frozen=True, slots=True)
class Requirements:
    """What ``requirements.toml`` says.

    Attributes:
        scopes: of the bot token, in the order of the alphabet.
        methods: of the Web API with the bot token, and the scopes that each needs.
        apart: methods that take another token, or none.
        features: of the manifest, and the scopes that each needs.
        events: what we are told of, by the names of subscriptions.
        untold: what we could read and do not ask to be told, and why not.
    """

    scopes: Mapping[str, Scope]
    methods: Mapping[str, tuple[str, ...]]
    apart: Mapping[str, str]
    features: Mapping[str, tuple[str, ...]]
    events: Mapping[str, Told]
    untold: Mapping[str, str]

    def lacking(self, granted: Iterable[str]) -> tuple[str, ...]:
        """Return the scopes that were not granted."""
        given = frozenset(granted)
        return tuple(name for name in self.scopes if name not in given)


@cache
def requirements() -> Requirements:
    """Return what we need of Slack, read once."""
    raw = tomllib.loads((files(__package__) / "requirements.toml").read_text("utf-8"))
    return Requirements(
        scopes={name: Scope(**scope) for name, scope in sorted(raw["scopes"].items())},
        methods={name: tuple(needs) for name, needs in raw["methods"].items()},
        apart=raw["apart"],
        features={name: tuple(needs) for name, needs in raw["features"].items()},
        events={
            name: Told(tuple(event["needs"]), event["does"])
            for name, event in sorted(raw["events"].items())
        },
        untold=raw["untold"],
    )
