"""What short requests commonly are about: verbs, topics and phrasings, read from tables.

Decides how the tables ``intents.toml``, ``topics.toml`` and ``words.toml`` are read, and
refuses a table that says something impossible. Refuses to know any request or person.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

VerbClass = Literal["make", "ship", "mend", "change", "check", "plan"]
VERB_CLASSES: Final[tuple[VerbClass, ...]] = get_args(VerbClass)

SLOT: Final = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
"""A slot of a phrasing: its name, and its words for when nothing is known."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that short requests are about.

    Attributes:
        names: how people write it, folded; the usual one first.
        one: with its article: "an API".
        own: without: "API".
        kind: "software", "part", "document", "media" or "practice".
        phrasings: of requests with a verb of each class, the most probable first.
        built: whether other things can belong to it.
        alone: whether the bare word asks for something.
        leans: whether inside a thread it is about what was just said.
    """

    names: tuple[str, ...]
    one: str
    own: str
    kind: str
    phrasings: Mapping[VerbClass, tuple[str, ...]]
    built: bool = False
    alone: bool = True
    leans: bool = False


@dataclass(frozen=True, slots=True)
class Intents:
    """The tables.

    Attributes:
        topics: each by each of its names.
        verbs: the class of each verb.
        goal_verbs: verbs with which a goal begins.
        technical: verbs that take nouns of no topic.
        fitted: what a preference makes of a host: "docker" → "containerised".
        endings: words that follow the value of a slot: "theme" → "mode".
        narrowed: slots that only some values of a preference fill, each with the
            preference's slot and those values, folded.
        offers: verbs by the facet of a person who likes what they offer.
        usual: phrasings for a kind of thing, by the class of the verb.
        unknown: phrasings for nouns of no topic, by task type.
        words: words around a request, by what they are.
    """

    topics: Mapping[str, Topic]
    verbs: Mapping[str, VerbClass]
    goal_verbs: frozenset[str]
    technical: frozenset[str]
    fitted: Mapping[str, str]
    endings: Mapping[str, str]
    narrowed: Mapping[str, tuple[str, frozenset[str]]]
    offers: Mapping[str, frozenset[str]]
    usual: Mapping[str, Mapping[VerbClass, tuple[str, ...]]]
    unknown: Mapping[str, tuple[str, ...]]
    words: Mapping[str, frozenset[str]]


@cache
def intents() -> Intents:
    """Return the tables, read once.

    Raises:
        ValueError: if a table names a topic twice, an unknown kind or an unclosed slot.
    """
    table = _read("intents.toml")
    words = _read("words.toml")
    verbs: dict[str, VerbClass] = {
        verb: kind for kind in VERB_CLASSES for verb in table["verbs"][kind]
    }
    topics: dict[str, Topic] = {}
    usual: dict[str, Mapping[VerbClass, tuple[str, ...]]] = {
        kind: {each: _checked(row[each]) for each in VERB_CLASSES}
        for kind, row in table["kinds"].items()
    }
    for row in _read("topics.toml")["topic"]:
        topic = _topic(row, usual)
        for name in topic.names:
            if name in topics:
                raise ValueError(f"topics.toml names {name!r} twice: leave it in one topic")
            topics[name] = topic
    return Intents(
        topics=topics,
        verbs=verbs,
        goal_verbs=frozenset(verbs) | frozenset(table["goals"]["verbs"]),
        technical=frozenset(table["technical"]["verbs"]),
        fitted=table["fitted"],
        endings=table["endings"],
        narrowed={
            slot: (row["of"], frozenset(row["values"])) for slot, row in table["narrowed"].items()
        },
        offers={facet: frozenset(row) for facet, row in table["offers"].items()},
        usual=usual,
        unknown={task: _checked(row["make"]) for task, row in table["unknown"].items()},
        words={name: frozenset(row) for name, row in words.items()},
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(
        resources.files("learning.interpretation").joinpath(name).read_text("utf-8")
    )


def _topic(
    row: Mapping[str, Any], usual: Mapping[str, Mapping[VerbClass, tuple[str, ...]]]
) -> Topic:
    kind = row["kind"]
    if kind not in usual:
        raise ValueError(
            f"topic {row['names'][0]!r} has the kind {kind!r}: use one of {', '.join(usual)}"
        )
    return Topic(
        names=tuple(row["names"]),
        one=row["one"],
        own=row["own"],
        kind=kind,
        phrasings={
            each: _checked(row[each]) if each in row else usual[kind][each] for each in VERB_CLASSES
        },
        built=row.get("built", False),
        alone=row.get("alone", True),
        leans=row.get("leans", False),
    )


def _checked(phrasings: list[str]) -> tuple[str, ...]:
    for phrasing in phrasings:
        rest = re.sub(r"\[[^\[\]{}]*\]", "", SLOT.sub("", phrasing))
        if re.search(r"[{}\[\]]", rest):
            raise ValueError(f"the phrasing {phrasing!r} has an unclosed slot or bracket")
    return tuple(phrasings)
