"""What is known of a project as a whole: structure, dependencies, conventions, patterns.

Decides what of a project's files is worth telling, how it is worded, and how far it is
believed as time passes and looks fail. Refuses to know how files are found and read.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from learning.knowledge import DOUBTED, HALF_LIFE_DAYS
from learning.sources import FIRST_HAND, trust_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from learning.projects.conventions import Convention

DOCUMENT: Final = "(project profile)"
"""What the profile is called among the documents of its project."""

Kind = Literal["file_structure", "dependencies", "conventions", "patterns"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_FOLDERS: Final = 40
_NAMED: Final = 4
_LISTED: Final = 60
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file of a project. ``about``: the first sentence that it says of itself."""

    name: str
    language: str = ""
    lines: int = 0
    about: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something a project needs. ``version`` is what it asks for, as it stands there."""

    name: str
    version: str = ""
    group: str = ""
    manifest: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a profile as it is stored and cited."""

    kind: Kind
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A project as a whole."""

    name: str
    seen: tuple[FileSeen, ...]
    dependencies: tuple[Dependency, ...] = ()
    scripts: Mapping[str, str] | None = None
    conventions: tuple[Convention, ...] = ()

    def sections(self) -> tuple[Section, ...]:
        """Return what is told of it, a section for each kind that there is something of."""
        return tuple(
            Section(kind, f"{self.name}: {title}", f"{self.name}: {title}\n\n{text}")
            for kind, title, text in self._told()
            if text
        )

    def _told(self) -> tuple[tuple[Kind, str, str], ...]:
        return (
            ("file_structure", "structure", self._structure()),
            ("dependencies", "dependencies", self._needs()),
            ("conventions", "conventions", self._ways()),
            ("patterns", "patterns", self._patterns()),
        )

    def summary(self) -> dict[str, Any]:
        """Return the figures, for lists and programs."""
        return {
            "files": len(self.seen),
            "languages": self.languages(),
            "dependencies": len(self.dependencies),
            "conventions": [f"{c.language} {c.aspect}: {c}".strip() for c in self.conventions],
            "frameworks": list(frameworks(self.dependencies)),
        }

    def languages(self) -> dict[str, int]:
        """Return the lines of each language, the most first."""
        counted: Counter[str] = Counter()
        for each in self.seen:
            if each.language:
                counted[each.language] += each.lines
        return dict(counted.most_common())

    def _structure(self) -> str:
        lines = []
        if languages := self.languages():
            told = ", ".join(f"{name} ({count:,} lines)" for name, count in languages.items())
            lines.append(f"{len(self.seen):,} files. Languages: {told}.")
        if starts := self._starts():
            lines.append(f"Entry points: {', '.join(starts)}.")
        if tests := _tests(self.seen):
            lines.append(f"Tests stand in {', '.join(tests)}.")
        lines += ["Folders:", *(f"- {line}" for line in self._folders())]
        return "\n".join(lines)

    def _starts(self) -> list[str]:
        named = [f"{name} ({what})" for name, what in (self.scripts or {}).items()]
        found = sorted(
            (
                each.name
                for each in self.seen
                if _START.search(each.name) and trust_of(each.name) == FIRST_HAND
            ),
            key=lambda name: (name.count("/"), name),
        )
        return [*named, *found][:12]

    def _folders(self) -> list[str]:
        by_folder: dict[str, list[FileSeen]] = {}
        for each in self.seen:
            by_folder.setdefault(str(PurePosixPath(each.name).parent), []).append(each)
        ranked = sorted(by_folder, key=lambda folder: (folder.count("/"), -len(by_folder[folder])))
        lines = []
        for folder in sorted(ranked[:_FOLDERS]):
            inside = by_folder[folder]
            about = next((f.about for f in inside if _SPEAKS.search(f.name) and f.about), "")
            names = ", ".join(PurePosixPath(f.name).name for f in inside[:_NAMED])
            more = ", …" if len(inside) > _NAMED else ""
            many = f"{len(inside)} file{'' if len(inside) == 1 else 's'}"
            what = f": {about}" if about else ""
            lines.append(
                f"{'top' if folder == '.' else folder + '/'} ({many}: {names}{more}){what}"
            )
        if len(ranked) > _FOLDERS:
            lines.append(f"and {len(ranked) - _FOLDERS} folders further below")
        return lines

    def _needs(self) -> str:
        groups: dict[tuple[str, str], list[Dependency]] = {}
        for each in self.dependencies:
            groups.setdefault((each.manifest, each.group), []).append(each)
        lines = []
        for (manifest, group), needed in sorted(groups.items()):
            told = ", ".join(f"{d.name} {d.version}".strip() for d in needed[:_LISTED])
            more = f" and {len(needed) - _LISTED} more" if len(needed) > _LISTED else ""
            lines.append(f"{manifest}{f' ({group})' if group else ''}: {told}{more}.")
        return "\n".join(lines)

    def _ways(self) -> str:
        by_language: dict[str, list[Convention]] = {}
        for each in self.conventions:
            by_language.setdefault(each.language, []).append(each)
        return "\n".join(
            f"{language or 'In general'}: " + "; ".join(f"{c.aspect}: {c}" for c in found) + "."
            for language, found in sorted(by_language.items(), reverse=True)
        )

    def _patterns(self) -> str:
        lines = []
        if used := frameworks(self.dependencies):
            lines.append("Built with " + ", ".join(f"{n} ({w})" for n, w in used.items()) + ".")
        names = [each.name for each in self.seen]
        tops = {name.split("/")[0] for name in names if "/" in name}
        folders = {part for name in names for part in name.split("/")[:-1]}
        if layers := [f"{top}/ ({_layers()[top]})" for top in sorted(tops) if top in _layers()]:
            lines.append(f"Layers by folder: {', '.join(layers)}.")
        elif inner := [f"{f}/ ({_layers()[f]})" for f in sorted(folders) if f in _layers()]:
            lines.append(f"Parts by folder: {', '.join(inner[:12])}.")
        found = sorted((n for n in names if _CONFIGURES.search(n)), key=lambda n: (n.count("/"), n))
        if found:
            lines.append(f"Configuration stands in {', '.join(found[:12])}.")
        return "\n".join(lines)


def frameworks(dependencies: Iterable[Dependency]) -> dict[str, str]:
    """Return the well-known things a project is built with, and what they are for."""
    known: Mapping[str, str] = _table()["frameworks"]
    found = {}
    for each in dependencies:
        name = each.name.lower().split("[")[0]
        last = name.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        for key in (name, last):
            if key in known:
                found[each.name] = known[key]
    return dict(sorted(found.items()))


def is_profile(name: str) -> bool:
    """Tell whether a document is what was concluded of a project, and stands in no file."""
    return name.rpartition("/")[2] == DOCUMENT


def believed(validated_at: datetime | None, failures: int, now: datetime) -> float:
    """Return how far a profile is believed: less with age, and with each look that failed."""
    if validated_at is None:
        return 0.0
    days = max(0.0, (now - validated_at).total_seconds() / _DAY)
    return float(0.5 ** (days / HALF_LIFE_DAYS) * DOUBTED**failures)


def _tests(seen: Sequence[FileSeen]) -> list[str]:
    counted: Counter[str] = Counter()
    for each in seen:
        if each.language and trust_of(each.name) != FIRST_HAND and _TESTED.search(each.name):
            top = _TESTED.split(each.name)[0]
            match = _TESTED.search(each.name)
            counted[f"{top}{match[1]}/" if match and match[1] else "beside the code"] += 1
    return [f"{place} ({count} files)" for place, count in counted.most_common(4)]


@cache
def _table() -> Mapping[str, Any]:
    text = files("learning.projects").joinpath("known.toml").read_text("utf-8")
    return tomllib.loads(text)


def _layers() -> Mapping[str, str]:
    layers: Mapping[str, str] = _table()["layers"]
    return layers


_START: Final = re.compile(
    r"(?:^|/)(?:__main__|main|app|manage|cli|server|wsgi|asgi)\.py$"
    r"|^(?:src/)?(?:index|main|server|app)\.[jt]sx?$|(?:^|/)main\.(?:go|rs|java|kt|c|cpp)$"
    r"|^(?:src/)?lib\.rs$|(?:^|/)Program\.cs$|^(?:config\.ru|index\.php)$"
)
_SPEAKS: Final = re.compile(
    r"(?:^|/)(?:__init__\.py|readme\.\w+|mod\.rs|doc\.go|index\.[jt]s)$", re.IGNORECASE
)
_TESTED: Final = re.compile(
    r"(?:(?<=/)|^)(tests?|testing|specs?|__tests__)/|(?:_test|\.test|\.spec|test_)"
)
_CONFIGURES: Final = re.compile(
    r"(?:^|/)(?:settings|config|configuration)(?:\.\w+|/[^/]+)$|(?:^|/)\.env\.\w+$"
    r"|(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|package\.json|tsconfig\.json|makefile"
    r"|dockerfile|docker-compose\.ya?ml|compose\.ya?ml|alembic\.ini|\.pre-commit-config\.yaml"
    r"|application\.(?:ya?ml|properties)|appsettings\.json)$|^\.github/workflows/",
    re.IGNORECASE,
)
