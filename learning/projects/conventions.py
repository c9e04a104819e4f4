"""How code is written: what most of it does, in shares and counts.

Decides what counts as a habit of indentation, quotes, names, type hints, documentation and
tests, and from when most is enough to speak of a convention. The same counts describe a
project and the code that a person accepts. Refuses to know where the code came from.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LEAST: Final = 5
"""Cases below which nothing is a convention."""
MAJORITY: Final = 2 / 3
"""Share from which what is usual is told."""
MOST_CHARS: Final = 200_000
"""Characters of a file that are read; a longer one was likely made by a program."""

Counts = dict[tuple[str, str], Counter[str]]
"""Per language and aspect, how often each way was seen."""


@dataclass(frozen=True, slots=True)
class Convention:
    """What most of the code does.

    Attributes:
        language: "python", or empty for what is about files and commits.
        aspect: what it is about: "quotes", "indentation".
        value: how it is done: "double quotes".
        count: cases that do so.
        of: cases in all.
    """

    language: str
    aspect: str
    value: str
    count: int
    of: int

    @property
    def share(self) -> float:
        """The part of the cases that do so."""
        return self.count / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.value} ({self.share:.0%} of {self.of:,})"


def observe(language: str, text: str) -> Counts:
    """Return what a file does, each way as often as it does it."""
    text = text[:MOST_CHARS]
    found: Counts = {}

    def see(aspect: str, ways: Iterable[str]) -> None:
        if counted := Counter(ways):
            found[language, aspect] = counted

    see("indentation", _indentation(text))
    see("line length", _longest(text))
    if language in _QUOTED:
        see("quotes", _quotes(text, language))
    if language in {"javascript", "typescript"}:
        see("semicolons", _semicolons(text))
    if language == "python":
        see("type hints", _hints(text))
        see("docstrings", _docstrings(text))
        see("string formatting", _formatting(text))
    if (pattern := _FUNCTIONS.get(language)) is not None:
        see("function names", _cases(_found(pattern, text)))
        see("class names", _cases(_found(_CLASSES, text)))
    return {key: counted for key, counted in found.items() if counted}


def merge(parts: Iterable[Counts]) -> Counts:
    """Return the sums of counts."""
    total: Counts = {}
    for part in parts:
        for key, counted in part.items():
            total.setdefault(key, Counter()).update(counted)
    return total


def names_of_tests(names: Iterable[str]) -> Counts:
    """Return how the files of tests are called."""
    ways = (way for name in names for way, pattern in _TESTS.items() if pattern.search(name))
    counted = Counter(ways)
    return {("", "test files"): counted} if counted else {}


def commit_style(subjects: Iterable[str]) -> Counts:
    """Return how the first lines of commit messages are written."""
    found: Counts = {("", "commit messages"): Counter(), ("", "commit message length"): Counter()}
    for subject in subjects:
        way = next((way for way, pattern in _COMMITS.items() if pattern.match(subject)), "")
        found["", "commit messages"][way or "a plain sentence"] += 1
        short = len(subject) <= _SUBJECT
        found["", "commit message length"][
            f"first lines of at most {_SUBJECT} characters"
            if short
            else f"first lines longer than {_SUBJECT} characters"
        ] += 1
    return {key: counted for key, counted in found.items() if counted}


def conventions(
    counts: Mapping[tuple[str, str], Counter[str]], least: int = LEAST
) -> tuple[Convention, ...]:
    """Return what most of the code does, language by language."""
    found = []
    for (language, aspect), counted in sorted(counts.items()):
        total = sum(counted.values())
        value, count = min(counted.items(), key=lambda each: (-each[1], each[0]))
        if total >= least and count >= MAJORITY * total:
            found.append(Convention(language, aspect, value, count, total))
    return tuple(found)


def _indentation(text: str) -> Iterable[str]:
    """Yield the step that most lines of a file are indented by, once."""
    steps: Counter[str] = Counter()
    before = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        if line.startswith("\t"):
            steps["tabs"] += 1
            continue
        width = len(line) - len(line.lstrip(" "))
        step = width - before
        if step in {2, 3, 4, 8}:
            steps[f"{step} spaces"] += 1
        before = width
    if steps:
        yield min(steps.items(), key=lambda each: (-each[1], each[0]))[0]


def _longest(text: str) -> Iterable[str]:
    longest = max((len(line) for line in text.split("\n")), default=0)
    fits = next((bound for bound in _WIDTHS if longest <= bound), None)
    yield f"lines of at most {fits} characters" if fits else f"lines over {_WIDTHS[-1]} characters"


def _quotes(text: str, language: str) -> Iterable[str]:
    if language == "python":
        text = _TRIPLE.sub("", text)
    for match in _STRING.finditer(_COMMENT.sub("", text)):
        # A string that holds the other quote had no choice.
        if not {'"', "'"} & set(match[0][1:-1]):
            yield "double quotes" if match[0][0] == '"' else "single quotes"


def _semicolons(text: str) -> Iterable[str]:
    for line in text.split("\n"):
        if _STATEMENT.match(line):
            yield "semicolons" if line.rstrip().endswith(";") else "no semicolons"


def _hints(text: str) -> Iterable[str]:
    for match in _DEF.finditer(text):
        own = _OWN.sub("", match[2]).strip()
        hinted = match[3] is not None or ":" in own
        if own or match[3] is not None:
            yield "type hints" if hinted else "no type hints"


def _docstrings(text: str) -> Iterable[str]:
    for match in _DOCUMENTED.finditer(text):
        body = match[1]
        if re.search(r"^\s*(?:Args|Returns|Raises|Yields|Attributes):\s*$", body, re.MULTILINE):
            yield "Google style docstrings"
        elif re.search(r"^\s*(?:Parameters|Returns)\s*\n\s*-{3,}", body, re.MULTILINE):
            yield "NumPy style docstrings"
        elif re.search(r"^\s*:(?:param|returns?|raises)\b", body, re.MULTILINE):
            yield "reST style docstrings"


def _formatting(text: str) -> Iterable[str]:
    for _ in re.finditer(r"\b[rR]?[fF][rR]?[\"']", text):
        yield "f-strings"
    for _ in re.finditer(r"[\"']\.format\(", text):
        yield "str.format"
    for _ in re.finditer(r"[\"'] % [(\w]", text):
        yield "% formatting"


def _found(pattern: re.Pattern[str], text: str) -> Iterable[str]:
    return (name for match in pattern.finditer(text) for name in match.groups() if name)


def _cases(names: Iterable[str]) -> Iterable[str]:
    # One word is written alike either way: it agrees with whatever the others do.
    return (way for name in names if (way := _case(name)) != _ONE_WORD)


def _case(name: str) -> str:
    plain = name.strip("_")
    if plain[:1].isupper():
        return "UPPER_CASE" if len(plain) > 1 and plain.isupper() else "PascalCase"
    if "_" in plain:
        return "snake_case"
    return "camelCase" if any(letter.isupper() for letter in plain) else _ONE_WORD


_ONE_WORD: Final = "one word"
_WIDTHS: Final = (80, 88, 100, 120, 140)
_SUBJECT: Final = 72
_QUOTED: Final = frozenset({"python", "javascript", "typescript", "ruby"})
_TRIPLE: Final = re.compile(r'"""(?:.|\n)*?"""|\'\'\'(?:.|\n)*?\'\'\'')
_COMMENT: Final = re.compile(r"^\s*(?:#|//|\*).*$", re.MULTILINE)
_STRING: Final = re.compile(r"\"(?:[^\"\\\n]|\\.)+\"|'(?:[^'\\\n]|\\.)+'")
_STATEMENT: Final = re.compile(r"\s*(?:const|let|var|return|import|throw)\b.*[\w)\]'\"`;]\s*$")
_DEF: Final = re.compile(
    r"^[ \t]*(?:async )?def (\w+)\(((?:[^()]|\([^()]*\))*)\)\s*(->)?", re.MULTILINE
)
_OWN: Final = re.compile(r"^\s*(?:self|cls)\s*,?")
_DOCUMENTED: Final = re.compile(
    r'^[ \t]*(?:async )?(?:def|class) \w+[^\n]*(?:\n[^\n"\']*)??\n\s+"""(.*?)"""',
    re.MULTILINE | re.DOTALL,
)
_CLASSES: Final = re.compile(r"^\s*(?:export )?(?:public |abstract )*class (\w+)", re.MULTILINE)
_FUNCTIONS: Final = {
    "python": re.compile(r"^\s*(?:async )?def (\w+)\(", re.MULTILINE),
    "javascript": re.compile(r"\bfunction (\w+)\(|^\s*(?:export )?const (\w+) = (?:async )?\("),
    "typescript": re.compile(r"\bfunction (\w+)[(<]|^\s*(?:export )?const (\w+) = (?:async )?\("),
    "go": re.compile(r"^func (?:\([^)]*\) )?(\w+)\(", re.MULTILINE),
    "rust": re.compile(r"\bfn (\w+)", re.MULTILINE),
    "ruby": re.compile(r"^\s*def (?:self\.)?(\w+)", re.MULTILINE),
    "java": re.compile(r"^\s*(?:public|private|protected)[\w<>\[\], ]* (\w+)\(", re.MULTILINE),
    "php": re.compile(r"\bfunction (\w+)\("),
}
_TESTS: Final = {
    "test_*.py": re.compile(r"(?:^|/)test_[^/]+\.py$"),
    "*_test.py": re.compile(r"(?:^|/)[^/]+_test\.py$"),
    "*.test.*": re.compile(r"\.test\.[jt]sx?$"),
    "*.spec.*": re.compile(r"\.spec\.[jt]sx?$|_spec\.rb$"),
    "*_test.go": re.compile(r"_test\.go$"),
    "*Test.*": re.compile(r"[a-z]Tests?\.(?:java|kt|cs|php)$"),
}
_COMMITS: Final = {
    "a type in front, as in “feat: …”": re.compile(
        r"(?:feat|fix|docs?|chore|refactor|test|tests|style|perf|build|ci|revert)(?:\([^)]*\))?!?: "
    ),
    "the part in front, as in “Store: …”": re.compile(r"[\w./ -]{2,40}: \S"),
    "a ticket in front": re.compile(r"\[?[A-Z]{2,}-\d+\]?"),
}
