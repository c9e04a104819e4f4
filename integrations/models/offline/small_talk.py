"""What an offline expert answers to what is no question: greetings, thanks, orders, statements.

Decides which kind a message is and which short reply is kind and true. The phrases are in
``small_talk.toml``: English well, German, French and Spanish where they are short. What is kept
of a statement is decided in ``learning.memory``; here it is only repeated. Refuses to know what
was recalled: a question is never answered here.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from integrations.models.offline.compose import safe_prose
from learning.gestures import gesture
from learning.memory.phrases import bare, phrases, secret
from learning.memory.quoted import own_words
from learning.memory.statements import read
from learning.routing.wishes import wishes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from learning.memory.contract import Draft

HOW_TO_CONNECT: Final = (
    "To connect a language model, run Ollama on this machine, or set `OPENAI_API_KEY` or "
    "`ANTHROPIC_API_KEY`; `MYNAH_ROLE_{variable}=provider:model` picks one for this role."
)
HOW_TO_ADD: Final = "To teach me more, ingest documents or a repository: `mynah ingest PATH`."

HELLO: Final = "Hello! Ask me something, or say *help* to see what I can do."
WELCOME: Final = "You're welcome. A 👍 on a good answer helps me to find it again."
GOOD: Final = "Good to hear."
SORRY: Final = (
    "I'm sorry that this was not it. What helps me: *Correct* the answer and write what is right, "
    "give it a 👎, or ask again in other words."
)
FORM: Final = (
    "My built-in experts quote and compute; they cannot rephrase an answer. I keep the wish for "
    "when a language model is connected."
)
WHAT_NOW: Final = "I'm here. What can I find or work out for you?"
GOODBYE: Final = "Until next time!"

ASK_ME: Final = "Ask me about it whenever you like."
NOT_LEARNING: Final = (
    "Learning from you is off, so I remember nothing of this. `on` turns it on again."
)
AS_SAID: Final = "I keep that as you said it; ask me about it whenever you like."
OF_OTHERS: Final = "I keep that as something you said here, not as a fact about anybody."
GIVEN_AWAY: Final = (
    "I keep no passwords or keys among what I know of you, and you may want to delete that "
    "message: it is still here as you said it."
)

_REPLIES: Final = {
    "greeting": HELLO,
    "thanks": WELCOME,
    "chat": WHAT_NOW,
    "farewell": GOODBYE,
    "accepted": GOOD,
    "rejected": SORRY,
}
"""By what the whole of a message is, or says of the answer before it."""
MOST_TOLD: Final = 3
"""Things that were kept and are told back."""
LONGEST: Final = 600
"""Characters of a message that is a statement; a longer one is material to work on."""
_ANY_DAY: Final = datetime(2000, 1, 3, tzinfo=UTC)
"""When a statement was said decides how long it holds, which is not told back."""


def small_talk(text: str, role_name: str) -> str | None:
    """Return a short true answer, or ``None`` if the message is about something else."""
    if (sober := distress(text)) is not None:
        return sober
    whole = _whole(_said(text))
    if whole == "about":
        return about(role_name)
    return _REPLIES[whole] if whole in {"greeting", "thanks"} else None


def remark(text: str, role_name: str, ours: Sequence[str] = ()) -> str | None:
    """Return what to say to a message that goes on from an answer; ``None`` if it is about more.

    A language model could do better, so only an expert that nobody comes after says this.

    Args:
        text: the message.
        role_name: the role that is asked.
        ours: what Mynah said before in this conversation, oldest first.
    """
    said = _said(text)
    if (whole := _whole(said)) in {"chat", "farewell"}:
        return _REPLIES[whole]
    asked = bool(ours) and ours[-1].rstrip().endswith("?")
    if (meant := gesture(text, asked=asked)) is not None:
        return _REPLIES[meant]
    if text.strip() and not said:  # "…", 🤷
        return WHAT_NOW
    return f"{FORM} {connect(role_name)}" if wishes(text) else None


def distress(text: str) -> str | None:
    """Return a sober reply, in their language, to somebody who may be about to hurt themselves."""
    said = _folded(own_words(text))
    return next((reply for says, reply in _words().distress if says.search(said)), None)


def told(text: str, ours: Sequence[str] = (), *, learns: bool = True) -> str | None:
    """Return what becomes of a message that tells something; ``None`` if it asks.

    Args:
        text: the message.
        ours: what Mynah said before in this conversation; whoever repeats it tells nothing.
        learns: whether the person lets Mynah learn from them.
    """
    if len(text) > LONGEST or asks(text) or orders(text) or _some_part("requests", text):
        return None
    found = read(text, _ANY_DAY, ours)
    opened = _led(_folded(text))
    telling = any(_begins("told", each) for each in (_folded(text), opened))
    if not learns:
        return NOT_LEARNING if found.drafts or telling else None
    parts = [safe_prose(sentence) for sentence in found.contradictions]
    if found.drafts:
        parts.append(f"Noted: {_kept(found.drafts)}. {ASK_ME}")
    if secret(text):
        parts.append(GIVEN_AWAY)
    if parts:
        return " ".join(parts)
    if _of_others(text, opened):
        return OF_OTHERS
    return AS_SAID if telling else None


def about(role_name: str) -> str:
    """Return what the expert is and can do, in Markdown."""
    return (
        "I'm **Mynah**. No language model is connected to this role, "
        f"so its built-in offline expert answers (role *{role_name}*):\n\n"
        "- I find places and passages in the documents and repositories I was given, "
        "quote them, and name the file and lines.\n"
        "- I give back answers that people rated well or corrected.\n"
        "- Sums, equations and other mathematics go to the maths expert, which computes exactly.\n"
        "- When I don't know, I say so. React 👍 or 👎 or correct me, and I learn from it.\n\n"
        f"{HOW_TO_ADD} {connect(role_name)}"
    )


def connect(role_name: str) -> str:
    """Return the sentence that says how to connect a model to a role."""
    return HOW_TO_CONNECT.format(variable=role_name.upper())


def asks(text: str) -> bool:
    """Return whether some sentence of a message is a question, even without a question mark."""
    return "?" in text or any(_begins("asks", _folded(each)) for each in _SENTENCE.split(text))


def orders(text: str) -> bool:
    """Return whether some part of a message wants something to be done ("can you build a …")."""
    return _some_part("orders", text)


def _some_part(kind: str, text: str) -> bool:
    return any(_begins(kind, part.strip()) for part in _PART.split(_folded(text)))


def _of_others(text: str, opened: str) -> bool:
    """Return whether a message tells of somebody else, or orders to remember what is not ours."""
    leave = phrases().leave
    without = _led(bare(text).strip())
    if (order := leave["remember"].match(without)) is not None:
        rest = _folded(without[order.end() :])
        return not _begins("told", rest) or _begins("others", rest)
    return (
        _begins("others", opened)
        or leave["relatives"].match(opened) is not None
        or _words().starts["named"].match(without) is not None
        or leave["orders"].search(text) is not None
    )


def _kept(drafts: Sequence[Draft]) -> str:
    """Return what was kept, in a row; a goal is called one, because its words are an order."""
    shown = "; ".join(
        safe_prose(draft.text).rstrip(".") + (" (a goal)" if draft.kind == "goal" else "")
        for draft in drafts[:MOST_TOLD]
    )
    more = len(drafts) - MOST_TOLD
    return f"{shown}; and {more} more" if more > 0 else shown


def _said(text: str) -> str:
    """Return a message without punctuation and polite words."""
    words = re.sub(r"[^\w\s']", " ", _folded(text))
    return " ".join(_POLITE.sub(" ", " ".join(words.split())).split())


def _folded(text: str) -> str:
    """Return the text in lower case, without accents, with straight apostrophes."""
    letters = (
        char
        for char in unicodedata.normalize("NFKD", bare(text).casefold())
        if unicodedata.category(char) != "Mn"
    )
    return "".join(letters).strip()


def _led(text: str) -> str:
    """Return a message without what only leads in to it ("by the way, …")."""
    led = phrases().leave["opening"].match(text)
    return text if led is None else text[led.end() :]


def _whole(said: str) -> str:
    """Return what the whole of a message is; empty if it is none of the phrases."""
    return next((kind for kind, says in _words().wholes.items() if says.fullmatch(said)), "")


def _begins(kind: str, folded: str) -> bool:
    return _words().starts[kind].match(folded) is not None


@dataclass(frozen=True, slots=True)
class _Words:
    """The phrases, compiled: for whole messages, for beginnings, and for distress."""

    wholes: Mapping[str, re.Pattern[str]]
    starts: Mapping[str, re.Pattern[str]]
    distress: tuple[tuple[re.Pattern[str], str], ...]


@cache
def _words() -> _Words:
    """Return the phrases, read once: they come with the package and do not change."""
    raw: dict[str, Any] = tomllib.loads(
        files("integrations.models.offline").joinpath("small_talk.toml").read_text("utf-8")
    )

    def compiled(table: Mapping[str, Iterable[str]]) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{each})" for rows in table.values() for each in rows))

    wholes = ("greeting", "thanks", "about", "chat", "farewell")
    starts = ("told", "others", "named", "asks", "orders", "requests")
    return _Words(
        wholes={kind: compiled(raw[kind]) for kind in wholes},
        starts={kind: compiled(raw[kind]) for kind in starts},
        distress=tuple(
            (compiled({"says": each["says"]}), each["reply"]) for each in raw["distress"].values()
        ),
    )


_POLITE: Final = re.compile(
    r"\b(?:there|mynah|everyone|all(?= |$)(?! right| klar)|please|a lot|very much|so much)\b"
)
_SENTENCE: Final = re.compile(r"(?<=[.!;…])\s+|\n+")
_PART: Final = re.compile(
    r"[.!;:,…]+\s|\n+|\s[-–—]+\s|\s(?:and|but|so|then|und|aber|et|mais|y|pero)\s"
)
