"""What the README promises, make keeps."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.architecture.tree import ROOT

TARGETS = {"run", "test", "check", "bench", "fmt", "lock", "clean", "help"}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_make_knows_every_target() -> None:
    assert targets() >= TARGETS


def test_make_knows_every_command_of_the_readme() -> None:
    promised = set(
        re.findall(r"(?:^|`)make ([a-z]+)\b", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    )
    assert promised >= {"run", "test"}
    assert promised <= targets()


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "fmt"])
def test_every_target_makes_the_environment_first(target: str) -> None:
    make = shutil.which("make")
    assert make is not None
    plan = subprocess.run(
        [make, "--dry-run", "--always-make", target],
        cwd=ROOT,
        # This test may itself run under make.
        env={k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    lock = "requirements-run.lock" if target == "run" else "requirements.lock"
    assert plan.index("-m venv .venv") < plan.index(f"--require-hashes -r {lock}")


def test_the_check_of_a_new_machine_can_start() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=60)
    assert re.search(r"\bmake test\b", script.read_text("utf-8"))
