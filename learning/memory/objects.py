"""Decides what the object of a statement is: a known thing, a name, a place, a phrase, a goal.

Knows the tables beside it; refuses to know whether it was liked, used or given up. What is at
hand ("it", "this bug", "your answer") is no object that is worth remembering.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from learning.memory.phrases import phrases
from learning.memory.things import Thing, folded, thing, things_in

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_WORDS: Final = 6
MOST_GOAL: Final = 16
"""Words of a goal: who needs more describes a task."""

AT_HAND: Final = frozenset({"it", "this", "that", "everything", "them", "all of it"})
"""What a goal is called that was just spoken of: "finished it"."""
_WORD: Final = re.compile(r"[^\W_]+(?:['.+#-][^\W_]+)*[+#]*")
_ONE: Final = re.compile(r"\bones?$", re.IGNORECASE)

_LIST: Final = re.compile(
    r"\s*(?:,|/| and | und | et | y | e | & | or | as well as )\s*", re.IGNORECASE
)
_FOR: Final = re.compile(
    r"(?:for|in|at|on|when|during|für|bei|pour|dans|chez|para|en)\b", re.IGNORECASE
)
_NAME: Final = re.compile(r"[^\W\d_a-zß-ÿ][\w.'+#-]*(?: [^\W\d_a-zß-ÿ][\w.'+#-]*){0,2}")
_ZONE: Final = re.compile(
    r"(?:utc|gmt)(?: ?[+-] ?\d{1,2}(?::?\d\d)?)?|[a-z]+/[a-z_]+(?:/[a-z_]+)?|[a-z]{2,4}t"
    r"|(?:(?:central|eastern|western) european|eastern|pacific|mountain|central|greenwich mean"
    r"|indian|japan)(?: (?:standard|summer|daylight))?(?: time)?",
    re.IGNORECASE,
)
_CUT: Final = re.compile(r",? (?:but|because|since|so that|so i|so we|aber|mais|pero) .*")


def items(what: str) -> list[str]:
    """Return the parts of a list; one for what is none."""
    return [item for item in _LIST.split(what) if item.strip()]


def named_things(what: str) -> list[tuple[Thing, str]]:
    """Return the known things of a list, each with what it is for; empty if one is unknown."""
    if (whole := thing(what)) is not None:
        return [(whole, "")]
    first, _, other = what.partition(" to ")
    if (preferred := thing(first)) is not None and thing(other) is not None:
        return [(preferred, "")]  # "I prefer TypeScript to JavaScript"
    found: list[tuple[Thing, str]] = []
    for item in items(what):
        head, where = item, ""
        if thing(head) is None and (cut := phrases().leave["times"].search(head)) is not None:
            head, where = head[: cut.start()], head[cut.start() :].strip()
        if (known := thing(head)) is None:
            return []
        kept = _FOR.match(where) and len(where.split()) <= MOST_WORDS
        found.append((known, where if kept else ""))
    return found


def single_thing(what: str) -> Thing | None:
    """Return the one known thing that is named."""
    found = named_things(what)
    return found[0][0] if len(found) == 1 else None


def is_name(what: str) -> bool:
    """Return whether this may be a proper name: up to three words with capitals."""
    leave = phrases().leave
    return _NAME.fullmatch(what) is not None and not any(
        leave[no].fullmatch(what) for no in ("objects", "days")
    )


def is_place(what: str) -> bool:
    """Return whether this may be where somebody is; a technology or a department is not."""
    return (
        is_name(what)
        and not what.isupper()
        and not things_in(what)
        and thing(what) is None
        and not phrases().leave["places"].fullmatch(what)
    )


def is_zone(what: str) -> bool:
    """Return whether this may be a time zone."""
    return _ZONE.fullmatch(what) is not None and (what[0].isupper() or "/" in what)


def is_phrase(what: str) -> bool:
    """Return whether this may be what somebody likes in general, not what is at hand."""
    leave = phrases().leave
    return (
        0 < len(what.split()) <= MOST_WORDS
        and leave["objects"].fullmatch(what) is None
        and leave["not_ours"].search(what) is None
        and leave["relatives"].search(what) is None
        and re.search(r"[^\W\d_]{2}", what) is not None
        and re.search(r"[\[\]<>{}=|\\@]|//", what) is None
    )


def tells(text: str) -> bool:
    """Return whether a sentence says anything: "it is important" does not by itself."""
    words = _WORD.findall(text)
    return any(phrases().leave["empty"].fullmatch(word) is None for word in words)


def is_at_hand(what: str) -> bool:
    """Return whether this only points at something: "it", "this with Bob", "that one"."""
    return phrases().leave["deictic"].fullmatch(what) is not None


def instead_of(meant: str, what: str) -> str:
    """Return the object that was meant instead: "short answers" for "short ones".

    Of a goal only the thing may have been said anew: "build a GraphQL API" for "a GraphQL API".
    """
    if not meant or not what:
        return ""
    meant = _ONE.sub(what.rpartition(" ")[2], meant)
    verb = phrases().leave["make"].match(what)
    if verb is not None and phrases().leave["make"].match(meant) is None:
        meant = f"{verb[0]} {meant}"
    return "" if meant.casefold() == what.casefold() else meant


def same_head(meant: str, what: str) -> bool:
    """Return whether two objects are of one kind: "short answers", "long answers".

    Whoever needs more words than before says something else.
    """
    new, old = (folded(_ONE.sub(what.rpartition(" ")[2], each)).split() for each in (meant, what))
    return bool(new) and bool(old) and new[-1] == old[-1] and len(new) <= len(old)


def goal(what: str) -> str:
    """Return a goal in the imperative, "build a REST API"; empty if it is none."""
    text = next(_imperatives(_CUT.sub("", what)), "")
    verb = phrases().leave["deed"].match(text)
    rest = text[verb.end() :].strip() if verb else text
    if not rest or len(text.split()) > MOST_GOAL or is_at_hand(rest):
        return ""
    return text


def _imperatives(what: str) -> Iterator[str]:
    """Yield "build a REST API" for "building a REST API", and at last what was said itself."""
    first, _, rest = what.partition(" ")
    if first.casefold().endswith("ing"):
        stem = first[:-3]
        for verb in (stem, f"{stem}e", stem[:-1]):
            text = f"{verb} {rest}"
            if verb.casefold() == "work" or phrases().leave["make"].match(text):
                yield text
    yield what
