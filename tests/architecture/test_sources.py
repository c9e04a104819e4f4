"""Rules that hold for every source file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.architecture.tree import PRODUCT, ROOT, SOURCES, parsed, sources

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 400
# Where the process's environment may be read, and why.
ENVIRONMENT = {
    "bot/settings.py": "the one door for settings",
    "bot/telemetry.py": "OpenTelemetry has variables of its own",
    "integrations/models/offline/maths.py": "hands its worker process a reduced environment",
    "learning/store/installation.py": "hands PostgreSQL the search path of its libraries",
}


def environment_reads(path: Path) -> list[int]:
    """Lines that touch ``os.environ`` or ``os.getenv``, by whatever name they were imported."""
    direct = {"environ", "environb", "getenv", "getenvb"}
    return [
        node.lineno
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr in direct)
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and any(alias.name in direct for alias in node.names)
        )
    ]


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        path: len((ROOT / path).read_text("utf-8").splitlines())
        for path in sources(*SOURCES)
        if "migrations" not in path.parts
    }
    too_long = [f"{path}: {n} lines" for path, n in lengths.items() if n > LONGEST]
    assert too_long == [], "two rooms share a wall; find the second one"


def test_every_product_module_says_what_it_is() -> None:
    silent = [str(path) for path in sources(*PRODUCT) if not ast.get_docstring(parsed(path))]
    assert silent == []


def test_settings_are_read_in_one_place() -> None:
    reads = {str(path): environment_reads(path) for path in sources(*PRODUCT)}
    guilty = [
        f"{path}:{line}"
        for path, lines in reads.items()
        if path not in ENVIRONMENT
        for line in lines
    ]
    assert guilty == [], "take the value from bot.settings, as an argument"


def test_no_exception_outlives_its_reason() -> None:
    stale = [
        path
        for path in ENVIRONMENT
        if path != "bot/settings.py"
        and not ((ROOT / path).is_file() and environment_reads((ROOT / path).relative_to(ROOT)))
    ]
    assert stale == []


def test_packages_carry_the_marker_of_inline_types() -> None:
    assert [name for name in PRODUCT if not (ROOT / name / "py.typed").is_file()] == []
