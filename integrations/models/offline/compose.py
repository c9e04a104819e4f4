"""Words an extractive answer: quotations, places and code, each with its mark.

Everything taken from a passage is shown as a quotation: in a block quote or a
fenced block. Nothing in a passage is ever followed as an instruction.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from learning.citations import label, strip_marks
from learning.extract import best_units, heading, window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.extract import Match
    from learning.lexicon import Lexicon
    from learning.projects.where import Place
    from learning.recollection import Recollection

MAX_LINES: Final = 20
"""Lines of code quoted from one passage."""
MAX_QUOTE: Final = 700
"""Characters quoted as one sentence; longer ones are cut at a word."""


def code_language(recollection: Recollection) -> str | None:
    """Return the fence's language if the recollection is code, else ``None``."""
    if recollection.place is None:
        return None
    path = PurePosixPath(recollection.place.path.lower())
    return _LANGUAGES.get(path.suffix, "makefile" if path.name == "makefile" else None)


def quote_prose(
    question: str,
    match: Match,
    weights: Mapping[str, float],
    lexicon: Lexicon,
    *,
    limit: int = 3,
) -> str:
    """Return a block quote of the best sentences, and where they stand."""
    recollection, mark = match.recollection, match.index + 1
    found = best_units(
        question,
        recollection.text,
        weights,
        lexicon,
        context=heading(recollection),
        limit=limit,
    )
    if not found:
        return ""
    lines: list[str] = []
    last = None
    for unit in found:
        if unit.text.lstrip().startswith(("```", "~~~")):
            body = unit.text.strip().split("\n")
            info = re.sub(r"\W", "", body[0])
            closed = len(body) > 1 and body[-1].strip()[:3] in {"```", "~~~"}
            if inside := body[1 : -1 if closed else None][:MAX_LINES]:
                lines += ["", *fenced(inside, info)]
            last = None
            continue
        text = safe_prose(unit.text)
        if not text:
            continue
        # Neighbouring sentences of one paragraph stay together.
        if last == unit.line and lines:
            lines[-1] += f" {text}"
        else:
            lines += ["", text] if lines else [text]
        last = unit.line
    if not lines:
        return ""
    quoted = "\n".join(f"> {line}".rstrip() for line in lines)
    return f"{quoted}\n\n— {source(recollection)} [{mark}]"


def quote_code(
    match: Match,
    language: str,
    weights: Mapping[str, float],
    lexicon: Lexicon,
    *,
    head: bool = True,
) -> str:
    """Return the place, what its documentation says first, and the lines that matter.

    Without ``head`` the place is left out, for when it was just named.
    """
    recollection = match.recollection
    lines = recollection.text.rstrip().split("\n")
    shown = window(lines, weights, lexicon, MAX_LINES)
    place = f"{place_line(match)} [{match.index + 1}]:\n\n" if head else ""
    sentence = first_sentence(lines)
    told = f"> {sentence}\n\n" if sentence else ""
    body = list(lines[shown.start : shown.stop])
    indent = re.match(r"\s*", body[0])
    gap = indent[0] if indent else ""
    if shown.start > 0:
        definition = next((i for i, line in enumerate(lines) if _DEFINITION.match(line)), None)
        above = [lines[definition]] if definition is not None and definition < shown.start else []
        body = [*above, f"{gap}…", *body[len(above) + 1 :]]
    if shown.stop < len(lines):
        body = [*body[: MAX_LINES - 1], "…"]
    text = "\n".join(fenced(body, language))
    return f"{place}{told}{text}"


def place_line(match: Match) -> str:
    """Return "**`retry/handler.py`, lines 12–40** — `RetryHandler.prepare`"."""
    place = match.recollection.place
    if place is None:
        return source(match.recollection)
    title = f" — {_inline(place.title)}" if place.title else ""
    return f"**{_inline(place.path)}{_lines(match.recollection)}**{title}"


def located_line(place: Place) -> str:
    """Return "**`app/session.py`, line 12** — `Session.open`: Opens a session."."""
    found = place.recollection.place
    if found is None:
        return source(place.recollection)
    # A passage may hold several things: then the line of the one that was asked for says more.
    exact = place.line is not None and place.line != found.start_line
    where = f", line {place.line}" if exact else _lines(place.recollection)
    title = f" — {_inline(found.title)}" if found.title else ""
    said = first_sentence(place.recollection.text.split("\n"))
    return f"**{_inline(found.path)}{where}**{title}{f': {said}' if said else ''}"


def source(recollection: Recollection) -> str:
    """Return the recollection's label, safe to stand in a sentence."""
    if recollection.place is None:
        return safe_prose(label(recollection)) or "an earlier message"
    place = recollection.place
    title = safe_prose(place.title)
    return f"{_inline(place.path)}{_lines(recollection)}{f', *{title}*' if title else ''}"


def whole(recollection: Recollection, mark: int) -> str:
    """Return a person's own words as they gave them, cited."""
    text = balanced(strip_marks(recollection.text.strip()))
    ends_in_block = re.search(r"(?:```|~~~|\|)\s*\Z", text)
    return f"{text}\n\n[{mark}]" if ends_in_block else f"{text} [{mark}]"


def first_sentence(lines: Sequence[str]) -> str:
    """Return the first sentence of a definition's docstring or leading comment."""
    head = "\n".join(lines[:MAX_LINES])
    match = _DOCSTRING.search(head)
    if match is None:
        return ""
    text = " ".join(re.sub(r"(?m)^\s*(?://+|#+|\*+)\s?", "", match[1] or match[2] or "").split())
    return safe_prose(re.split(r"(?<=[.!?])\s", text)[0], limit=240)


def fenced(lines: Sequence[str], language: str) -> list[str]:
    """Return the lines in a fence that nothing in them can close."""
    runs = re.findall(r"`{3,}", "\n".join(lines))
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return [f"{fence}{language}", *lines, fence]


def safe_prose(text: str, limit: int = MAX_QUOTE) -> str:
    """Return text on one line, without marks of its own or code spans left open."""
    flat, before = " ".join(text.split()), ""
    while before != flat:
        # A fence needs lines of its own, and would hide marks; without a mark there may be one.
        before = flat
        flat = " ".join(strip_marks(_FENCE.sub("", flat)).split())
    if len(flat) > limit:
        flat = flat[:limit].rsplit(" ", 1)[0] + "…"
    # What stripping or cutting left open would swallow the marks that follow.
    return strip_marks(flat.replace("`", "'")) if flat.count("`") % 2 else balanced(flat)


def balanced(text: str) -> str:
    """Return the text with code that was left open closed or disarmed."""
    fences = re.findall(r"(?m)^[ \t>]*(`{3,}|~{3,})", text)
    if len(fences) % 2:
        text = f"{text}\n{fences[-1]}"
    elif not fences and text.count("`") % 2:
        text = strip_marks(text.replace("`", "'"))
    return text


def _inline(text: str) -> str:
    return f"`{' '.join(text.replace('`', chr(39)).split()) or '?'}`"


def _lines(recollection: Recollection) -> str:
    place = recollection.place
    if place is None or place.start_line is None:
        return ""
    if place.end_line in {None, place.start_line}:
        return f", line {place.start_line}"
    return f", lines {place.start_line}–{place.end_line}"


_FENCE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[ \t]*")
_DOCSTRING = re.compile(
    r'(?:"""|\'\'\')(.+?)(?:"""|\'\'\'|\Z)|^\s*((?://|/\*\*|#(?!!)).+?)(?=\*/|^\s*[^/#*\s])',
    re.DOTALL | re.MULTILINE,
)
_DEFINITION = re.compile(
    r"\s*(?:(?:export|public|private|protected|static|async|pub|final|abstract)\s+)*"
    r"(?:def|class|func|fn|function|interface|struct|enum|trait|impl|type|module)\b"
)
_LANGUAGES: Final = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".mjs": "javascript", ".jsx": "jsx",
    ".ts": "typescript", ".tsx": "tsx", ".go": "go", ".rs": "rust", ".java": "java",
    ".kt": "kotlin", ".rb": "ruby", ".php": "php", ".c": "c", ".h": "c", ".cc": "cpp",
    ".cpp": "cpp", ".hpp": "cpp", ".cs": "csharp", ".sh": "bash", ".bash": "bash", ".sql": "sql",
    ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".json": "json", ".ini": "ini",
    ".cfg": "ini", ".swift": "swift", ".scala": "scala", ".lua": "lua", ".css": "css",
    ".mk": "makefile", ".proto": "proto", ".tf": "hcl", ".dockerfile": "dockerfile",
}  # fmt: skip
