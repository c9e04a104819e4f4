"""Changes to a set of conversations that show what a result hangs on.

Each is what another set may be like: without names, without punctuation, with messages
that are longer or shorter. Evidence follows the words it stands in.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.benchmarks.recall_set import ASKER, MYNAH, Conversation, Said

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

LONG: Final = 3
"""Messages that are joined into one."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")


def scrambled(conversation: Conversation, changes: Collection[str]) -> Conversation:
    """Return the conversation after changes, in the order in which they are named."""
    for change in changes:
        conversation = SCRAMBLES[change](conversation)
    return conversation


def _roles(conversation: Conversation) -> Conversation:
    """Put roles in the place of names, as in a chat of one person with Mynah."""
    names = list(dict.fromkeys(said.who for said in conversation.messages))
    role = {name: (ASKER, MYNAH)[n % 2] for n, name in enumerate(names)}
    return replace(
        conversation,
        messages=tuple(replace(said, who=role[said.who]) for said in conversation.messages),
    )


def _nameless(conversation: Conversation) -> Conversation:
    """Take the speakers' names out of questions too."""
    names = {said.who for said in conversation.messages} - {ASKER, MYNAH}
    if not names:
        return conversation
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b", re.IGNORECASE)
    return _roles(
        replace(
            conversation,
            questions=tuple(
                replace(q, text=pattern.sub("they", q.text)) for q in conversation.questions
            ),
        )
    )


def _unpunctuated(conversation: Conversation) -> Conversation:
    """Write as many people do: small letters, no question marks."""
    return replace(
        conversation,
        messages=tuple(
            replace(said, text=said.text.replace("?", "").casefold())
            for said in conversation.messages
        ),
        questions=tuple(
            replace(q, text=q.text.replace("?", "").casefold()) for q in conversation.questions
        ),
    )


def _long(conversation: Conversation) -> Conversation:
    """Join messages of the same speaker that follow at most two others."""
    parts: dict[str, str] = {}
    messages: list[Said] = []
    open_: dict[str, tuple[int, int]] = {}
    for said in conversation.messages:
        place, count = open_.get(said.who, (0, LONG))
        if count == LONG:
            open_[said.who] = (len(messages), 1)
            messages.append(said)
            parts[said.id] = said.id
        else:
            open_[said.who] = (place, count + 1)
            first = messages[place]
            messages[place] = replace(first, text=f"{first.text}\n{said.text}")
            parts[said.id] = first.id
    questions = tuple(
        replace(q, evidence=frozenset(parts[id_] for id_ in q.evidence if id_ in parts))
        for q in conversation.questions
    )
    return replace(
        conversation,
        messages=tuple(messages),
        questions=tuple(q for q in questions if q.evidence),
    )


def _short(conversation: Conversation) -> Conversation:
    """Send the first sentence and the rest as messages of their own; both are evidence."""
    messages: list[Said] = []
    halves: dict[str, tuple[str, ...]] = {}
    for said in conversation.messages:
        texts = _SENTENCE_END.split(said.text, maxsplit=1)
        ids = tuple(f"{said.id}/{n}" for n in range(len(texts)))
        halves[said.id] = ids
        messages.extend(
            replace(said, id=id_, text=text) for id_, text in zip(ids, texts, strict=True)
        )
    return replace(
        conversation,
        messages=tuple(messages),
        questions=tuple(
            replace(
                q,
                evidence=frozenset(
                    itertools.chain.from_iterable(halves.get(id_, ()) for id_ in q.evidence)
                ),
            )
            for q in conversation.questions
        ),
    )


SCRAMBLES: Final[dict[str, Callable[[Conversation], Conversation]]] = {
    "roles": _roles,
    "nameless": _nameless,
    "unpunctuated": _unpunctuated,
    "long": _long,
    "short": _short,
}
"""Each change by its name."""
