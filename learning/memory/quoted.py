"""Decides which part of a message is its writer speaking for themselves.

Leaves out code, quotations, forwarded mail, chat logs, texts handed over to be worked on, and
what only repeats what Mynah said: what was recalled must never be learned again. Refuses to
know what the rest means. A name in backticks or quotes (`pnpm`) is a name, and stays.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from learning.lexicon import STOPWORDS
from learning.memory.things import folded, thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_READ: Final = 12_000
"""Characters outside fences that are looked at, in two halves: the beginning and the end."""
LONG: Final = 4_000
"""What has more characters is mostly pasted: people do not speak for so long."""
EDGE: Final = 1_500
"""Characters of a long text's first paragraph that may be its writer speaking."""
LAST: Final = 600
"""Characters that the last paragraph of a long text may have to be its writer's."""
_MOST_OURS: Final = 20_000
_OVERLAP: Final = 0.6
"""The share of a sentence's neighbouring words that must stand in ours side by side."""
_LEAST_WORDS: Final = 2

_FENCE: Final = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_FORWARDED: Final = re.compile(
    r"\s*(?:[-_=*]{2,}\s*(?:forwarded|original|weitergeleitete|ursprüngliche|message transféré"
    r"|mensaje (?:original|reenviado))|begin forwarded message"
    r"|(?:on|am|le|el) [^\n]{4,120}?(?:wrote|schrieb[^\n:]{0,60}|a écrit|escribió)\s?:\s*$"
    r"|(?:from|von|de|expéditeur):\s\S[^\n]*(?:@|<))",
    re.IGNORECASE,
)
_REPORTED: Final = re.compile(
    r"(?<!\bi )(?<!\bwe )\b(?:said|says|wrote|writes|told (?:me|us|them)|asked|replied|answered"
    r"|commented|quote|message|transcript|conversation|email|e-mail|review|sagte|schrieb|schreibt"
    r"|dit|écrit|dijo|escribió)\b[^\n.!?]{0,40}:\s*$",
    re.IGNORECASE,
)
_HANDED: Final = re.compile(
    r"[^\n:]{0,40}?\b(?:translate|summari[sz]e|paraphrase|rephrase|rewrite|reword|proofread"
    r"|spell-?check|classify|correct|fix|improve|edit|shorten|analy[sz]e|review|reply to"
    r"|respond to|answer|write|compose|draft|send|post|tweet|schreibe?|écris|escribe"
    r"|sentiment|continue|complete|format|parse|explain|übersetze?|fasse"
    r"|korrigiere|traduis(?:ez)?|résume|corrige|traduce|traduzca|resume)\b[^\n:]{0,120}:",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"\s*(?:\[[^\]\n]{1,30}\]\s*)?<?@?([\w][\w .'-]{0,30})>?\s?:\s+\S")
_FIRST: Final = r"(?:i|we|my|our|i'm|we're|i've|we've|i'd|ich|wir|mein|je|j'\w+|nous|yo)\b"
"""How whoever speaks for themselves begins."""
_SPOKEN: Final = re.compile(
    rf"\s*(?:\[[^\]\n]{{1,30}}\]\s*)?<?@?(\w(?:[\w .,'&/()-]|:\d\d){{0,40}}?)\s?"
    rf"(?:>?:\s*\n?|>|\s[-–—]+|[–—])\s*(?={_FIRST})",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(r"\s*[^\n:]{1,42}:\s*$")
_STAMPED: Final = re.compile(
    r"\s*@?[A-Z][\w.'-]*(?: [A-Z][\w.'-]*){0,2}\s+(?:[-–—]\s*)?(?:(?:Today|Yesterday) at )?"
    r"[\[(]?\d{1,2}:\d\d(?::\d\d)?(?:\s?[APap][Mm])?[\])]?\s*$"
)
_CODE_LINE: Final = re.compile(
    r"(?: {4,}|\t)(?!\s*(?:[-*+•]|\d{1,2}[.)])\s)\S|\s*(?://|/\*|<!--|#|\$ |>>> |\|)"
    r"|.*(?:[{};]|=>|\\)\s*$|\s*(?:def|class|import|from|const|let|var|return|public|func|fn)\s"
    r"\S[^\n]{0,200}[=(:;{]|\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\s*<[/a-z][^\n]*>\s*$"
)
_SPANS: Final = (
    re.compile(r"`([^`\n]{1,400})`"),
    re.compile(r'"([^"\n]{1,400})"'),
    re.compile(r"[“„]([^“”„\n]{1,400})[“”]"),
    re.compile(r"[«»]\s?([^«»\n]{1,400}?)\s?[«»]"),
    re.compile(r"(?<![\w'])['‘‚]((?:[^'‘’\n]|(?<=\w)['’](?=\w)){1,400})['’‘](?!\w)"),
)
_LETTER: Final = re.compile(r"[^\W\d_]")
_BULLET: Final = re.compile(r"^\s*(?:[-*+•–]|\d{1,2}[.)])\s+")
_SENTENCES: Final = re.compile(r"(?<=[.!?…])\s+")
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class _Words:
    """Word lists.

    Attributes:
        own_labels: what a person puts before a line of their own.
        roles: who speaks in a log of a conversation.
        greetings: what a line of one's own begins with, though it turns to somebody.
        people: who speaks besides, by what they are to the writer.
        towards: what stands before somebody who is spoken to or of, and does not speak.
        light: words that make no difference between what we said and what is said now.
    """

    own_labels: frozenset[str]
    roles: frozenset[str]
    greetings: frozenset[str]
    people: frozenset[str]
    towards: frozenset[str]
    light: frozenset[str]


@cache
def _lists() -> _Words:
    """Return the word lists, read once: they come with the package and do not change."""
    raw = tomllib.loads(files("learning.memory").joinpath("quoted.toml").read_text("utf-8"))
    return _Words(
        own_labels=frozenset(raw["own_labels"]),
        roles=frozenset(raw["roles"]),
        greetings=frozenset(raw["greetings"]),
        people=frozenset(raw["people"]),
        towards=frozenset(raw["towards"]),
        light=STOPWORDS - frozenset(raw["weighty"]),
    )


def own_words(text: str, ours: Sequence[str] = ()) -> str:
    """Return the writer's own prose, in lines; empty if there is none.

    Args:
        text: a message, of any length.
        ours: what Mynah said before; sentences that (nearly) repeat it are left out.
    """
    half = MOST_READ // 2
    if len(text) > MOST_READ:
        text = "\n".join(text.split("```")[::2])  # quicker than line by line
    if len(text) > MOST_READ:
        text = text[:half] + "\n\n" + text[-half:]
    text = _at_the_edges("\n".join(_unattributed(_prose(text.replace("\r", "").split("\n")))))
    for span in _SPANS:
        text = span.sub(lambda m: m[1] if thing(m[1]) else " ", text)
    repeats = _Repeats(ours)
    lines = (
        " ".join(s for s in _SENTENCES.split(" ".join(line.split())) if s and not repeats.hold(s))
        for line in text.split("\n")
    )
    return "\n".join(line for line in lines if _LETTER.search(line))


def _prose(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines that are neither code nor somebody else's; empty ones part paragraphs."""
    fence = ""
    reported = False
    told = False
    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
            continue
        if mark:
            fence = mark[1]
            continue
        if not line.strip():
            # One empty line may stand between "Bob wrote:" and what he wrote.
            reported = reported and not told
            yield ""
            continue
        if _FORWARDED.match(line):
            return
        if reported:
            told = True
            continue
        if line.lstrip().startswith((">", "&gt;")) or _CODE_LINE.match(line):
            continue
        if (handed := _HANDED.match(line)) is not None:
            yield line[: handed.end()]
            return
        said = _REPORTED.search(line) or _STAMPED.match(line)
        reported, told = said is not None, False
        label = _LABEL.match(line)
        if reported or (label and _somebody(label[1])):
            continue
        yield _BULLET.sub("", line)


def _somebody(label: str) -> bool:
    """Return whether what stands before a colon is a speaker's name, as in a chat log."""
    words = label.split()
    if label.strip().casefold() in _lists().own_labels:
        return False
    return words[0].casefold() in _lists().roles or all(word[0].isupper() for word in words)


def _unattributed(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines without what stands behind somebody's name, or below it to the next empty one."""
    head = ""
    told = False
    for line in lines:
        if not line.strip():
            told = False
            yield ""
            continue
        if told:
            continue
        told = bool(head) and _speaks(f"{head} {line}")
        head = line if _HEAD.match(line) else ""
        if not told:
            yield _until_somebody(line)


def _until_somebody(line: str) -> str:
    """Return a line up to the sentence in which somebody else begins to speak."""
    sentences = _SENTENCES.split(line)
    for n, sentence in enumerate(sentences):
        if _speaks(sentence):
            return " ".join(sentences[:n])
    return line


def _speaks(sentence: str) -> bool:
    """Return whether a sentence gives somebody else's words: "My friend: I like Elixir"."""
    match = _SPOKEN.match(sentence)
    if match is None:
        return False
    label, lists = match[1].strip(), _lists()
    words = [word.strip(",.()").casefold() for word in label.split() if word[0].isalpha()]
    if folded(label) in lists.own_labels or thing(label) is not None:
        return False
    named = [n for n, word in enumerate(words) if word.removesuffix("'s") in lists.people]
    if named and not set(words[: named[0]]) & lists.towards:
        return True
    if not words or words[0].removesuffix("'s") in lists.greetings:
        return False
    # A name in any case, a full name, or what is somebody's: "Bob's opinion".
    return len(words) == 1 or words[0].endswith("'s") or _somebody(label)


def _at_the_edges(text: str) -> str:
    """Return what of a long text may be its writer speaking: its first and last paragraph."""
    if len(text) <= LONG:
        return text
    paragraphs = [p for p in re.split(r"\n\s*\n", text) if p.strip()]
    if len(paragraphs) == 1:
        paragraphs = [line for line in text.split("\n") if line.strip()]
    kept = [first for first in paragraphs[:1] if len(first) <= EDGE]
    if len(paragraphs) > 1 and len(paragraphs[-1]) <= LAST:
        kept.append(paragraphs[-1])
    return "\n\n".join(kept)


class _Repeats:
    """Knows the sentences of what Mynah said, and which others only repeat them.

    A sentence repeats one of ours if ours has all its words that matter and most of them side
    by side. Who speaks and what is denied matters, so a person can still contradict us.
    """

    def __init__(self, ours: Sequence[str]) -> None:
        self._sentences: list[tuple[frozenset[str], frozenset[tuple[str, str]]]] = []
        self._with: dict[str, list[int]] = defaultdict(list)
        left = _MOST_OURS
        for text in ours:
            for line in text[:left].split("\n"):
                for sentence in _SENTENCES.split(line):
                    words = _words(sentence)
                    if len(words) >= _LEAST_WORDS:
                        for word in set(words):
                            self._with[word].append(len(self._sentences))
                        pairs = frozenset(itertools.pairwise(words))
                        self._sentences.append((frozenset(words), pairs))
            left -= len(text)
            if left <= 0:
                break

    def hold(self, sentence: str) -> bool:
        """Return whether the sentence repeats one of ours."""
        if not self._sentences:
            return False
        words = _words(sentence)
        weighty = set(words) - _lists().light
        if len(words) < _LEAST_WORDS or not weighty:
            return False
        pairs = set(itertools.pairwise(words))
        rarest = min(weighty, key=lambda word: len(self._with.get(word, ())))
        return any(
            weighty <= self._sentences[n][0]
            and len(pairs & self._sentences[n][1]) >= _OVERLAP * len(pairs)
            for n in self._with.get(rarest, ())
        )


def _words(sentence: str) -> list[str]:
    return _WORD.findall(folded(sentence))
