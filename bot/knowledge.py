"""What is known, by topic: the text and the data of the command ``knowledge``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.describe import one_line, short
from integrations.contracts.host import CommandReply
from learning.knowledge import Trials, confidence_of
from learning.store.catalogue import Catalogue
from learning.topics import mentions, stems_of, topics_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from integrations.contracts.host import Person
    from learning.knowledge import Origin
    from learning.store.catalogue import Listed, Taught
    from learning.store.store import Unit
    from learning.topics import Mentions

_MOST_DOCUMENTS: Final = 2_000
_MOST_TAUGHT: Final = 300
_SHOWN_TOPICS: Final = 30
_SHOWN_ENTRIES: Final = 20

_WHAT: Final[dict[Origin, tuple[str, str]]] = {
    "document_ingestion": ("passage", "passages"),
    "user_feedback": ("correction", "corrections"),
    "interaction_learning": ("liked answer", "liked answers"),
}
"""What each kind of source gives, one and many."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is known.

    Attributes:
        id: of the document or the learning.
        origin: where it came from.
        label: what to show: a path, or the question it answers.
        topics: what it is about, most telling first.
        size: how many passages, corrections or answers it is.
        confidence: in [0, 1].
        validated_at: when it was last borne out.
        doubted: whether it changed or is missing since it was read.
    """

    id: UUID
    origin: Origin
    label: str
    topics: tuple[str, ...]
    size: int
    confidence: float
    validated_at: datetime
    doubted: bool = False

    def data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "id": str(self.id),
            "source": self.origin,
            "label": self.label,
            "topics": list(self.topics),
            "size": self.size,
            "confidence": round(self.confidence, 3),
            "validated_at": self.validated_at.isoformat(),
            "doubted": self.doubted,
        }


@dataclass(slots=True)
class _Group:
    """The entries of a topic or of a kind of source."""

    entries: list[Entry] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        """The mean over what is in it."""
        weight = sum(e.size for e in self.entries)
        return sum(e.confidence * e.size for e in self.entries) / weight if weight else 0.0

    @property
    def validated_at(self) -> datetime:
        """Since when all of it has been borne out."""
        return min(e.validated_at for e in self.entries)

    @property
    def size(self) -> int:
        return sum(e.size for e in self.entries)

    def counts(self) -> dict[Origin, int]:
        counts: Counter[Origin] = Counter()
        for entry in self.entries:
            counts[entry.origin] += entry.size
        return {origin: counts[origin] for origin in _WHAT if counts[origin]}

    def said(self) -> str:
        counted = ", ".join(
            f"{count} {_WHAT[origin][count != 1]}" for origin, count in self.counts().items()
        )
        return (
            f"{counted} (confidence {self.confidence:.2f}, validated {self.validated_at:%Y-%m-%d})"
        )

    def data(self) -> dict[str, Any]:
        return {
            **{origin: self.counts().get(origin, 0) for origin in _WHAT},
            "confidence": round(self.confidence, 3),
            "validated_at": self.validated_at.isoformat(),
        }


async def describe(unit: Unit, who: Person, rest: str, now: datetime) -> CommandReply:
    """Return what is known: its topics, or what is known of one.

    Args:
        unit: a transaction that sees what the person may read; nothing else is told.
        who: the person.
        rest: a topic, or empty.
        now: what confidence has faded until.
    """
    catalogue = Catalogue(unit)
    documents, all_documents = await catalogue.documents(_MOST_DOCUMENTS)
    taught, all_taught = await catalogue.taught(_MOST_TAUGHT)
    found = [mentions("", each.question, [("", each.answer)]) for each in taught]
    background = await catalogue.background({s for each in found for s in each.stems})
    entries = [_of_document(each, now) for each in documents]
    known = _by_stem(topic for each in documents for topic in each.topics)
    for each, mentioned in zip(taught, found, strict=True):
        about = dict.fromkeys((*topics_of(mentioned, background), *_spoken_of(mentioned, known)))
        entries.append(_of_taught(each, tuple(about), who, now))
    topics = _by_topic(entries)
    if not entries:
        return CommandReply(
            "I know nothing yet: point me at a folder, a file or a page with `mynah ingest PATH`, "
            "or react to an answer.",
            {"topics": [], "sources": {}},
        )
    if rest.strip():
        return _one(rest.strip(), topics)
    more = all_documents - len(documents) + all_taught - len(taught)
    return _all(entries, topics, more)


def _of_document(document: Listed, now: datetime) -> Entry:
    return Entry(
        document.id,
        "document_ingestion",
        document.name,
        document.topics,
        document.passages,
        confidence_of("document_ingestion", document.validated_at, now, doubted=document.doubted),
        document.validated_at,
        document.doubted,
    )


def _of_taught(taught: Taught, topics: tuple[str, ...], who: Person, now: datetime) -> Entry:
    origin: Origin = "user_feedback" if taught.kind == "correction" else "interaction_learning"
    trials = Trials(taught.times_used, taught.successes, taught.failures, taught.rating)
    own = origin == "user_feedback" and taught.user_id == who.user_id
    return Entry(
        taught.id,
        origin,
        f"{'your ' if own else ''}{_WHAT[origin][0]} for “{one_line(taught.question)}”",
        topics,
        1,
        confidence_of(origin, taught.borne_out_at, now, trials=trials),
        taught.borne_out_at,
    )


def _by_stem(topics: Iterable[str]) -> dict[str, set[str]]:
    """Return topics by one of their stems: who speaks of a topic uses all of them."""
    found: dict[str, set[str]] = {}
    for topic in topics:
        if stems := stems_of(topic):
            found.setdefault(min(stems), set()).add(topic)
    return found


def _spoken_of(mentioned: Mentions, known: Mapping[str, set[str]]) -> list[str]:
    """Return the topics of documents that an answer speaks of, too."""
    stems = mentioned.stems
    near = {topic for stem in stems for topic in known.get(stem, ())}
    return sorted(topic for topic in near if stems_of(topic) <= stems)


def _by_topic(entries: Iterable[Entry]) -> dict[str, _Group]:
    """Return the topics with what is known of each, the largest first.

    "Retry policy" and "retry policies" are one; the commoner spelling is shown.
    """
    groups: dict[frozenset[str], _Group] = {}
    spelled: dict[frozenset[str], Counter[str]] = {}
    for entry in entries:
        for topic in entry.topics:
            key = stems_of(topic)
            group = groups.setdefault(key, _Group())
            if entry not in group.entries[-1:]:
                group.entries.append(entry)
            spelled.setdefault(key, Counter())[topic] += 1
    named = [
        (min(spelled[key].items(), key=lambda s: (-s[1], s[0]))[0], group)
        for key, group in groups.items()
    ]
    named.sort(key=lambda n: (-len(n[1].entries), -n[1].size, n[0]))
    return dict(named)


def _all(entries: Sequence[Entry], topics: dict[str, _Group], more: int) -> CommandReply:
    kinds = {
        origin: _Group([e for e in entries if e.origin == origin])
        for origin in _WHAT
        if any(e.origin == origin for e in entries)
    }
    lines = [f"- {origin.replace('_', ' ')}: {group.said()}" for origin, group in kinds.items()]
    shown = list(topics.items())[:_SHOWN_TOPICS]
    parts = ["What I know, by where it came from:\n\n" + "\n".join(lines)]
    if shown:
        about = "\n".join(f"- {topic}: {group.said()}" for topic, group in shown)
        parts.append("By topic (`knowledge TOPIC` lists what there is):\n\n" + about)
    if left := len(topics) - len(shown):
        parts.append(f"… and {left} topic{'' if left == 1 else 's'} more.")
    if more:
        parts.append(f"{more} older entries are not counted here.")
    return CommandReply(
        "\n\n".join(parts),
        {
            "sources": {origin: group.data() for origin, group in kinds.items()},
            "topics": [{"topic": topic, **group.data()} for topic, group in topics.items()],
            "not_counted": more,
        },
    )


def _one(asked: str, topics: dict[str, _Group]) -> CommandReply:
    wanted = stems_of(asked)
    entries = {
        entry.id: entry
        for topic, group in topics.items()
        if wanted and wanted <= stems_of(topic)
        for entry in group.entries
    }
    if not entries:
        named = " ".join(asked.replace("`", "'").split())[:40]
        return CommandReply(
            f"I know nothing of `{named}`. `knowledge` lists the topics.",
            {"topic": asked, "entries": []},
            ok=False,
        )
    # What people wrote outranks what was read, as it does in answers.
    order = ("user_feedback", "interaction_learning", "document_ingestion")
    ordered = sorted(
        entries.values(), key=lambda e: (order.index(e.origin), -e.confidence, e.label, e.id)
    )
    lines = [f"- {_said(entry)}" for entry in ordered[:_SHOWN_ENTRIES]]
    if left := len(ordered) - len(lines):
        lines.append(f"- … and {left} more")
    group = _Group(ordered)
    return CommandReply(
        f"{group.said()}:\n\n" + "\n".join(lines),
        {"topic": asked, **group.data(), "entries": [entry.data() for entry in ordered]},
    )


def _said(entry: Entry) -> str:
    sure = f"confidence {entry.confidence:.2f}, validated {entry.validated_at:%Y-%m-%d}"
    if entry.origin == "document_ingestion":
        name = entry.label.replace("`", "'")
        pieces = f"{entry.size} {_WHAT[entry.origin][entry.size != 1]}"
        doubt = "; it changed or is missing since" if entry.doubted else ""
        return f"`{name}`: {pieces} ({sure}{doubt})"
    return f"`#{short(entry.id)}` {entry.label} ({sure})"
