"""Where something stands in the code of a project.

Decides which of the passages that were found is the place that a question asks for: by the
name of the definition, the path, what its documentation says, and what stands in its lines.
Refuses to know how passages were found, and how a place is worded.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from learning.extract import rarity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from learning.lexicon import Lexicon
    from learning.projects.sought import Sought
    from learning.recall import Scored
    from learning.recollection import Place as Where
    from learning.recollection import Recollection

RELATED: Final = 0.55
"""What a word counts that code uses for the word that was asked for."""
ENOUGH: Final = 0.5
"""Share of what is asked for that a place must hold to be shown."""
NEAR: Final = 0.65
"""A further file is shown if its score reaches this share of the best one's."""
FILES: Final = 3
"""Files that are shown at most."""
LOOKED_AT: Final = 6
"""Places that are put before a model; it may know better than the order."""

_STEP: Final = 0.03

_TITLE: Final = 1.0
_FILE: Final = 0.9
_FOLDER: Final = 0.35
_DOC: Final = 0.6
_ABOUT: Final = 0.8
_BODY: Final = 0.3
_NAMED: Final = 2.0
_USED: Final = 1.2
_EXACT: Final = 0.4
"""What a name counts that holds nothing but what was asked for."""
_SECOND: Final = 0.12
"""What the next best passage of a file adds to it."""
_HEAD: Final = 12
"""Lines of a passage in which its documentation begins."""
_SHORTEST: Final = 3
_COMPOUND: Final = 5
_CLOSE: Final = 0.5
_SECOND_HAND: Final = 2.5
"""Power on trust: a test names everything that it tests, in the very words of the question."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that answers.

    Attributes:
        index: the passage's position among those looked at, from 0.
        line: the line where the thing itself begins; ``None`` if only the passage is known.
        score: higher is better; comparable within one question only.
        coverage: the share of what was asked for that is there, in [0, 1].
        named: whether the question names this very definition.
        called: whether its name, its path or a use of the name says so, and not its text alone.
    """

    index: int
    recollection: Recollection
    line: int | None
    score: float
    coverage: float
    named: bool
    called: bool


def places(
    sought: Sought, found: Sequence[Recollection], lexicon: Lexicon, most: int = FILES
) -> list[Place]:
    """Return the places in code that answer, the best first, one for each file.

    Args:
        sought: what is wanted.
        found: passages, in any order; what is no code is passed over.
        lexicon: cuts words.
        most: how many files at most.
    """
    code = [(n, r) for n, r in enumerate(found) if r.place is not None and is_code(r.place.path)]
    bodies = [Counter(lexicon.stems(r.text)) for _, r in code]
    texts = [
        {*lexicon.stems(f"{r.place} {r.place.title}"), *body}
        for (_, r), body in zip(code, bodies, strict=True)
        if r.place
    ]
    weights = rarity(sought.terms, texts)
    things = {t for t in weights if sought.terms[t] >= 1.0} or set(weights)
    scored = [
        _score(sought, n, r, body, weights, things, lexicon)
        for (n, r), body in zip(code, bodies, strict=True)
    ]
    by_file: dict[str, list[Place]] = {}
    for each in sorted(scored, key=lambda p: (-p.score, p.index)):
        if each.recollection.place is not None:
            by_file.setdefault(each.recollection.place.path, []).append(each)
    best = sorted(
        (_of_file(passages) for passages in by_file.values()), key=lambda p: (-p.score, p.index)
    )
    usable = [p for p in best if p.coverage >= ENOUGH]
    if any(p.named for p in usable):
        usable = [p for p in usable if p.named]
    return [p for p in usable if p.score >= NEAR * usable[0].score][:most]


def located(
    sought: Sought,
    found: Sequence[Scored],
    known: Mapping[UUID, Scored],
    texts: Mapping[UUID, Recollection],
    lexicon: Lexicon,
) -> list[Scored]:
    """Return what was found with the places in code that answer in front, each once.

    Args:
        sought: what is wanted.
        found: in its order; it stays as it is behind the places.
        known: all passages that were found in any way, by id.
        texts: their texts, by id; what has none is no place.
        lexicon: cuts words.
    """
    passages = [texts[id_] for id_ in known if id_ in texts]
    best = places(sought, passages, lexicon, LOOKED_AT)
    front = []
    for nth, place in enumerate(best):
        scored = known[place.recollection.id]
        score = max(scored.score, 1.0 - nth * _STEP)
        signals = {**scored.signals, "place": score - scored.score}
        front.append(replace(scored, score=score, signals=signals))
    first = {scored.candidate.id for scored in front}
    return [*front, *(scored for scored in found if scored.candidate.id not in first)]


def is_code(path: str) -> bool:
    """Tell whether a path is that of code, by how it ends."""
    pure = PurePosixPath(path.lower())
    return pure.suffix in _CODE or pure.name in _CODE_NAMES


def _of_file(passages: Sequence[Place]) -> Place:
    """Return the best place of a file; that more of it speaks of the thing adds a little."""
    best = passages[0]
    more = sum(p.score for p in passages[1:3]) * _SECOND
    return replace(best, score=best.score + more)


def _score(
    sought: Sought,
    index: int,
    recollection: Recollection,
    body: Mapping[str, int],
    weights: Mapping[str, float],
    things: Collection[str],
    lexicon: Lexicon,
) -> Place:
    place = recollection.place
    assert place is not None  # noqa: S101 - only code is scored, and code has a place
    path = PurePosixPath(place.path)
    lines = recollection.text.split("\n")
    title, file = set(lexicon.stems(place.title)), set(lexicon.stems(path.stem))
    fields = (
        (_TITLE, title),
        (_FILE, file),
        (_FOLDER, set(lexicon.stems(" ".join(path.parent.parts[1:])))),
        # What a file says of itself first is about all of it.
        (_ABOUT if _opens(place, lines) else _DOC, set(lexicon.stems(_documented(lines)))),
    )
    score = covered = 0.0
    called = False
    for term, weight in weights.items():
        related = sought.related.get(term, frozenset())
        there = 0.0
        for worth, stems in fields:
            hit = _hit(term, related, stems)
            called = called or (hit > 0 and term in things and worth != _DOC)
            score += weight * worth * hit
            there = max(there, hit)
        times = body.get(term, 0) + RELATED * sum(body.get(s, 0) for s in related)
        score += weight * _BODY * min(times, 4) / 4
        if term in things:
            covered += weight * max(there, 1.0 if body.get(term) else RELATED * (times > 0))
    score /= sum(weights.values())
    score += _EXACT * max(_precision(weights, title), _precision(weights, file))
    named = bool(sought.names & _names_of(place.title))
    line, used = _line(sought, lines, recollection, defines=named)
    if sought.wanted == "use":
        score += _USED * used - _NAMED / 2 * named
        named = False
    else:
        score += _NAMED * named
    return Place(
        index,
        recollection,
        line,
        (score + 0.1 * recollection.score) * recollection.trust**_SECOND_HAND,
        covered / sum(weights[t] for t in things),
        named,
        called or named or used,
    )


def _hit(term: str, related: frozenset[str], stems: Collection[str]) -> float:
    if term in stems:
        return 1.0
    if not related.isdisjoint(stems):
        return RELATED
    if len(term) < _COMPOUND:
        return 0.0
    # "gitignore" is not far from ignore.py.
    close = any(term in s or (len(s) >= _COMPOUND and s in term) for s in stems)
    return _CLOSE if close else 0.0


def _opens(place: Where, lines: Sequence[str]) -> bool:
    """Tell whether a passage is the beginning of a file that says what it is."""
    return place.start_line == 1 and bool(_OPENS.match(lines[0]))


def _precision(weights: Mapping[str, float], stems: Collection[str]) -> float:
    """Return how much of a name the question asks for."""
    return len(weights.keys() & stems) / len(stems) if stems else 0.0


def _names_of(title: str) -> set[str]:
    """Return the names that a title stands for: "Store.begin, commit" is three."""
    names: set[str] = set()
    for part in title.split(","):
        qualified = part.strip()
        last = qualified.rpartition(".")[2]
        names |= {qualified, last, last.lstrip("_")}
    return {name for name in names if len(name) >= _SHORTEST}


def _documented(lines: Sequence[str]) -> str:
    """Return what the documentation of a definition, or of its file, says first."""
    match = _DOCSTRING.search("\n".join(lines[:_HEAD]))
    if match is None:
        return ""
    text = match[1] or match[2] or match[3] or ""
    return text.split("\n\n")[0]


def _line(
    sought: Sought, lines: Sequence[str], recollection: Recollection, *, defines: bool
) -> tuple[int | None, bool]:
    """Return the line of the file where the thing stands, and whether it is used there."""
    start = recollection.place.start_line if recollection.place else None
    if start is None:
        return None, False
    used = None
    for number, line in enumerate(lines):
        for name in sought.names:
            if name not in line or not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line):
                continue
            if _DEFINES.match(line):
                if defines:
                    return start + number, False
            elif used is None and not _IMPORTS.match(line):
                used = start + number
    if used is not None and not defines:
        return used, True
    first = next((n for n, line in enumerate(lines) if _DEFINES.match(line)), None)
    return (start if first is None else start + first), used is not None


_DOCSTRING: Final = re.compile(
    r'(?:"""|\'\'\')(.+?)(?:"""|\'\'\'|\Z)|/\*\*?(.+?)(?:\*/|\Z)|^\s*((?:(?://|#(?!!))[^\n]*\n?)+)',
    re.DOTALL | re.MULTILINE,
)
_OPENS: Final = re.compile(r"\s*(?:[rub]?(?:\"\"\"|''')|/\*|//|#)")
_DEFINES: Final = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|async|pub(?:\([^)]*\))?"
    r"|final|abstract|override|suspend)\s+)*(?:def|class|func|fn|fun|function|interface|struct"
    r"|enum|trait|impl|type|module|const|let|var|val)\b"
    r"|[A-Za-z_]\w*\s*(?::[^=]+)?=(?!=)"
)
_IMPORTS: Final = re.compile(r"\s*(?:from\b|import\b|use\b|using\b|require\b|#include\b)")
_SUFFIXES: Final = """
.py .pyi .js .mjs .cjs .jsx .ts .tsx .go .rs .java .kt .kts .rb .php .c .h .cc .cpp .hpp .cs
.sh .bash .sql .swift .scala .lua .ex .exs .dart .vue .svelte .proto .tf
"""
_CODE: Final = frozenset(_SUFFIXES.split())
_CODE_NAMES: Final = frozenset({"makefile", "dockerfile", "rakefile", "jenkinsfile"})
