"""The repository as these tests see it: files, and what they import."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("bot", "integrations", "learning")
SOURCES = (*PRODUCT, "tests")
LOCKS = ("requirements.lock", "requirements-run.lock")


def sources(*packages: str) -> list[Path]:
    """Every Python file of the packages, relative to the root."""
    found = [p.relative_to(ROOT) for name in packages for p in (ROOT / name).rglob("*.py")]
    assert found, f"no Python file in {packages}"
    return sorted(found)


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file named relative to the root."""
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports, whether at the top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names
