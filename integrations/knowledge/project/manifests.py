"""Reads what a project needs from the files that say so.

Decides which file is a manifest and which of its lines is a dependency. Refuses to fail: a
manifest that is broken or half written names what can be read of it.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from learning.projects.profile import Dependency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MOST: Final = 400
"""Dependencies of one manifest that are kept."""


def is_manifest(name: str) -> bool:
    """Tell whether a file says what a project needs."""
    return _reader(name) is not None


def dependencies(name: str, text: str) -> tuple[Dependency, ...]:
    """Return what a manifest asks for, in its order, each once."""
    reader = _reader(name)
    if reader is None:
        return ()
    found: dict[tuple[str, str], Dependency] = {}
    try:
        for needed, version, group in reader(text):
            key = (_plain(needed), group)
            if key[0]:
                found.setdefault(key, Dependency(key[0], _plain(version), _plain(group), name))
            if len(found) == MOST:
                break
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass  # what could be read before the mistake stays
    return tuple(found.values())


def scripts(name: str, text: str) -> dict[str, str]:
    """Return the programs that a manifest declares, with what they run."""
    base = PurePosixPath(name).name
    try:
        if base == "pyproject.toml":
            raw = _map(_map(tomllib.loads(text).get("project")).get("scripts"))
        elif base == "package.json":
            data = _map(json.loads(text))
            raw = {**_map(data.get("bin")), **_map(data.get("scripts"))}
        else:
            return {}
    except (ValueError, RecursionError):
        return {}
    return {_plain(k): _plain(str(v)) for k, v in list(raw.items())[:12]}


Found = tuple[str, str, str]


def _plain(text: str) -> str:
    return " ".join(str(text).split())[:120]


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _requirement(line: str) -> tuple[str, str] | None:
    """Return the name and the bounds of a line such as "httpx[http2]>=0.28,<1"."""
    plain = line.split(" #", maxsplit=1)[0].split(";", maxsplit=1)[0].strip()
    match = _REQUIREMENT.match(plain)
    return (match[1], (match[2] or "").strip()) if match else None


def _pyproject(text: str) -> Iterator[Found]:
    data = tomllib.loads(text)
    project = _map(data.get("project"))
    groups: list[tuple[str, list[Any]]] = [("", _list(project.get("dependencies")))]
    groups += [(g, _list(v)) for g, v in _map(project.get("optional-dependencies")).items()]
    groups += [(g, _list(v)) for g, v in _map(data.get("dependency-groups")).items()]
    for group, lines in groups:
        for line in lines:
            if isinstance(line, str) and (found := _requirement(line)):
                yield (*found, group)
    poetry = _map(_map(data.get("tool")).get("poetry"))
    yield from _versions(poetry.get("dependencies"), "")
    for group, body in _map(poetry.get("group")).items():
        yield from _versions(_map(body).get("dependencies"), group)


def _versions(table: object, group: str) -> Iterator[Found]:
    for name, version in _map(table).items():
        told = version if isinstance(version, str) else str(_map(version).get("version", ""))
        yield name, told, group


def _requirements(text: str) -> Iterator[Found]:
    for line in text.split("\n"):
        if not line.lstrip().startswith(("#", "-")) and (found := _requirement(line)):
            yield (*found, "")


def _package(text: str) -> Iterator[Found]:
    data = _map(json.loads(text))
    for key, group in _GROUPS.items():
        yield from _versions(data.get(key), group)


def _composer(text: str) -> Iterator[Found]:
    data = _map(json.loads(text))
    yield from _versions(data.get("require"), "")
    yield from _versions(data.get("require-dev"), "dev")


def _cargo(text: str) -> Iterator[Found]:
    data = tomllib.loads(text)
    yield from _versions(data.get("dependencies"), "")
    yield from _versions(_map(data.get("workspace")).get("dependencies"), "")
    yield from _versions(data.get("dev-dependencies"), "dev")
    yield from _versions(data.get("build-dependencies"), "build")


def _by_lines(pattern: str, group: str = "") -> Callable[[str], Iterator[Found]]:
    compiled = re.compile(pattern, re.MULTILINE)

    def read(text: str) -> Iterator[Found]:
        for match in compiled.finditer(text):
            yield match[1], match[2] or "", group

    return read


def _go(text: str) -> Iterator[Found]:
    for match in re.finditer(
        r"^(?:require\s+|\s+)([\w.-]+\.[\w./-]+)\s+(v\S+)(.*)$", text, re.MULTILINE
    ):
        if "// indirect" not in match[3]:
            yield match[1], match[2], ""


def _pom(text: str) -> Iterator[Found]:
    for block in re.findall(r"<dependency>(.*?)</dependency>", text, re.DOTALL):
        tags = dict(re.findall(r"<(artifactId|version|scope)>\s*([^<]*?)\s*<", block))
        if "artifactId" in tags:
            yield tags["artifactId"], tags.get("version", ""), tags.get("scope", "")


def _reader(name: str) -> Callable[[str], Iterable[Found]] | None:
    base = PurePosixPath(name).name
    if base in _READERS:
        return _READERS[base]
    return next((reader for pattern, reader in _PATTERNS.items() if pattern.fullmatch(base)), None)


_REQUIREMENT: Final = re.compile(
    r"([A-Za-z0-9][\w.-]*(?:\[[\w, .-]*\])?)\s*((?:[<>=!~^]=?|===|@)[^#]*)?$"
)
_GROUPS: Final[Mapping[str, str]] = {
    "dependencies": "",
    "devDependencies": "dev",
    "peerDependencies": "peer",
    "optionalDependencies": "optional",
}
_READERS: Final[Mapping[str, Callable[[str], Iterable[Found]]]] = {
    "pyproject.toml": _pyproject,
    "package.json": _package,
    "composer.json": _composer,
    "Cargo.toml": _cargo,
    "go.mod": _go,
    "pom.xml": _pom,
    "Gemfile": _by_lines(r"^\s*gem\s+['\"]([\w-]+)['\"](?:\s*,\s*['\"]([^'\"]+)['\"])?"),
    "build.gradle": _by_lines(
        r"^\s*(?:implementation|api|testImplementation|compileOnly|runtimeOnly)[ (]+"
        r"['\"][\w.-]+:([\w.-]+)(?::([\w.$-]+))?['\"]"
    ),
    "Pipfile": lambda text: _versions(tomllib.loads(text).get("packages"), ""),
}
_PATTERNS: Final[Mapping[re.Pattern[str], Callable[[str], Iterable[Found]]]] = {
    re.compile(r"requirements[\w.-]*\.(?:txt|in)"): _requirements,
    re.compile(r"build\.gradle\.kts"): _READERS["build.gradle"],
    re.compile(r".+\.(?:csproj|fsproj)"): _by_lines(
        r"<PackageReference\s+Include=\"([^\"]+)\"(?:\s+Version=\"([^\"]+)\")?"
    ),
}
