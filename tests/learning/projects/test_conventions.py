from __future__ import annotations

from datetime import timedelta

import pytest

from learning.projects.conventions import (
    commit_style,
    conventions,
    merge,
    names_of_tests,
    observe,
)
from learning.projects.profile import Dependency, FileSeen, Profile, believed
from learning.projects.style import style
from tests.bot.support import BEGIN

PYTHON = '''
class OrderBook:
    def add_order(self, name: str) -> int:
        """Add one.

        Args:
            name: whose.
        """
        print("added", "one", f"{name}")
        return 1

    def drop_order(self, name: str) -> None:
        """Drop one.

        Args:
            name: whose.
        """
'''
SCRIPT = "const total = 'a'\nfunction addUp(x) {\n  return x + 'b'\n}\nconst last = 'c'\n"


def told(language: str, text: str) -> dict[str, str]:
    return {each.aspect: each.value for each in conventions(observe(language, text), 1)}


def test_python_is_described_as_it_is_written() -> None:
    assert told("python", PYTHON) == {
        "class names": "PascalCase",
        "docstrings": "Google style docstrings",
        "function names": "snake_case",
        "indentation": "4 spaces",
        "line length": "lines of at most 80 characters",
        "quotes": "double quotes",
        "string formatting": "f-strings",
        "type hints": "type hints",
    }


def test_scripts_too() -> None:
    seen = told("javascript", SCRIPT)
    assert (seen["quotes"], seen["semicolons"]) == ("single quotes", "no semicolons")
    assert (seen["indentation"], seen["function names"]) == ("2 spaces", "camelCase")


def test_most_must_agree_and_often_enough() -> None:
    double, single = observe("python", 'a = "x"\n' * 4), observe("python", "a = 'x'\n" * 4)
    assert not conventions(double), "four are too few"
    assert not [c for c in conventions(merge([double, single])) if c.aspect == "quotes"]
    (found,) = (c for c in conventions(merge([double] * 9 + [single])) if c.aspect == "quotes")
    assert (found.count, found.of) == (36, 40)
    assert str(found) == "double quotes (90% of 40)"


def test_commits_and_tests_have_their_ways() -> None:
    (way, _) = conventions(commit_style(["feat: cart", "fix(mail): names", "docs: how"] * 2))
    assert "feat" in way.value or "at most" in way.value
    (tests,) = conventions(names_of_tests([f"tests/test_{n}.py" for n in range(6)]))
    assert tests.value == "test_*.py"


def test_the_style_of_an_answer_is_told_by_language() -> None:
    answer = f"So:\n\n```python\n{PYTHON}```\n\nand\n\n```ts\nconst a = 'x'\n```\n"
    values = {trait.slot: trait.value for trait in style(answer)}
    assert values["python_type_hints"] == "Python with type hints"
    assert values["python_quotes"] == "double quotes in Python"
    assert values["typescript_quotes"] == "single quotes in TypeScript"
    assert style("no code, and ```unclosed") == ()


def test_a_profile_tells_structure_needs_ways_and_patterns() -> None:
    seen = (
        FileSeen("app/__init__.py", "python", 2, "Sells things."),
        FileSeen("app/main.py", "python", 30),
        FileSeen("tests/test_main.py", "python", 10),
        FileSeen("app/settings.py", "python", 5),
    )
    profile = Profile(
        "shop",
        seen,
        (Dependency("fastapi", ">=0.100", "", "pyproject.toml"),),
        {"shop": "app.main:run"},
        conventions(observe("python", PYTHON * 5)),
    )
    texts = {section.kind: section.text for section in profile.sections()}
    assert "Entry points: shop (app.main:run), app/main.py." in texts["file_structure"]
    assert "Tests stand in tests/ (1 files)." in texts["file_structure"]
    assert "app/ (3 files: __init__.py, main.py, settings.py): Sells" in texts["file_structure"]
    assert texts["dependencies"].endswith("pyproject.toml: fastapi >=0.100.")
    assert "quotes: double quotes (100% of" in texts["conventions"]
    assert "Built with fastapi (web API)." in texts["patterns"]
    assert "app/settings.py" in texts["patterns"]


@pytest.mark.parametrize(
    ("days", "failures", "sure"), [(0, 0, 1.0), (30, 0, 0.5), (0, 2, 0.25), (-1, 0, 1.0)]
)
def test_a_profile_is_believed_less_with_age_and_failures(
    days: int, failures: int, sure: float
) -> None:
    assert believed(BEGIN, failures, BEGIN + timedelta(days=days)) == pytest.approx(sure)
    assert believed(None, 0, BEGIN) == 0
