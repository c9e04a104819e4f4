"""Which part may know which other part."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from tests.architecture.tree import PRODUCT, ROOT, imported, sources


def test_the_import_contracts_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    report = subprocess.run(
        [*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert report.returncode == 0, report.stdout + report.stderr
    kept = len(
        tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
            "contracts"
        ]
    )
    assert f"{kept} kept, 0 broken" in report.stdout


def test_no_product_module_imports_the_tests() -> None:
    guilty = [
        str(path)
        for path in sources(*PRODUCT)
        if any(name.split(".")[0] in {"tests", "pytest", "hypothesis"} for name in imported(path))
    ]
    assert guilty == []


def test_adapters_do_not_import_each_other() -> None:
    """An adapter knows itself, the contracts, Markdown as data, and how an SDK is loaded."""
    guilty: list[str] = []
    for path in sources("integrations"):
        family = path.parts[1]
        own = {"contracts", "markdown", "loading", family.removesuffix(".py")}
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "integrations" and len(parts) > 1 and parts[1] not in own:
                guilty.append(f"{path} imports {name}")
            # Surfaces are a family of adapters: Slack, Discord and the page do not know each other.
            if (
                family == "surfaces"
                and parts[:2] == ["integrations", "surfaces"]
                and len(parts) > 2
                and len(path.parts) > 3
                and (ROOT / "integrations" / "surfaces" / parts[2]).is_dir()
                and parts[2] != path.parts[2]
            ):
                guilty.append(f"{path} imports {name}")
    assert guilty == []
