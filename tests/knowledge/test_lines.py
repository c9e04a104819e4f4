"""What every line-based format promises: exact lines, none lost, none too long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.contracts.knowledge import Document, Skipped
from integrations.knowledge.decode import clean
from integrations.knowledge.formats import by_name
from integrations.knowledge.limits import Limits
from integrations.knowledge.read import parse

SMALL = Limits(target_chars=80, max_chars=160)
NAMES = ["a.txt", "a.md", "a.rst", "a.adoc", "a.org", "a.toml", "a.py", "a.ts", "a.rb", "a.cpp"]

LINES = st.one_of(
    st.sampled_from(
        [
            *("", "", "  ", "# Title", "## Part", "Title", "=====", "-----", "```", "~~~", "---"),
            *("- item", "  - inner", "1. one", "> quoted", "| a | b |", "|---|---|", "[x]: y"),
            *("def f(x):", "    return x", "class A:", "    def m(self):", "        pass", "}"),
            *("@deco", "// note", "/* open", "*/", '"""', "function f() {", "class B {", "= Head"),
            *("* Org", ".. note::", "    indented", "\tтаб", "template <class T>", "end", "<div>"),
        ]
    ),
    st.text(alphabet="ab .,é漢\u200dא{}()\t", max_size=60),
    st.text(alphabet="word .", min_size=150, max_size=900),
)


def check(text: str, document: Document, limits: Limits) -> None:
    """Assert the promises of ``Passage`` for a document whose lines are the file's own."""
    lines = text.split("\n")
    covered: dict[int, str] = {}
    before = 0
    for passage in document.passages:
        whole = "\n".join(lines[passage.start_line - 1 : passage.end_line])
        assert 1 <= passage.start_line <= passage.end_line <= len(lines)
        assert len(passage.text) <= limits.max_chars
        assert passage.text.strip()
        if len(whole) > limits.max_chars:
            assert passage.start_line == passage.end_line >= before
            assert passage.text in whole
        else:
            assert passage.text == whole
            assert passage.start_line > before
        for number in range(passage.start_line, passage.end_line + 1):
            covered[number] = covered.get(number, "") + passage.text
        before = passage.end_line
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        assert number in covered
        if len(line) > limits.max_chars:
            assert "".join(covered[number].split()) == "".join(line.split())


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)  # the machine may be busy; nothing here measures time
@given(lines=st.lists(LINES, max_size=60))
def test_lines_are_exact_and_none_is_lost(name: str, lines: list[str]) -> None:
    text = clean("\n".join(lines))
    result = parse(name, text.encode(), SMALL, by_name(name))
    if isinstance(result, Skipped):
        assert result.reason in {"empty", "binary", "ignored"}
        assert result.reason != "empty" or not text.strip()
    else:
        check(text, result, SMALL)


@settings(deadline=None)  # the machine may be busy; nothing here measures time
@given(data=st.binary(max_size=3_000), name=st.sampled_from([*NAMES, "a.html", "a.pdf", "a"]))
def test_bytes_never_raise(data: bytes, name: str) -> None:
    result = parse(name, data, SMALL, by_name(name))
    if isinstance(result, Skipped):
        assert result.detail.startswith(name)
        assert result.detail.isprintable()
    else:
        assert all(len(passage.text) <= SMALL.max_chars for passage in result.passages)


@settings(deadline=None)  # the machine may be busy; nothing here measures time
@given(text=st.text(max_size=400))
def test_cleaning_keeps_the_number_of_lines(text: str) -> None:
    text = text.replace("\r", "")
    cleaned = clean(text)
    assert cleaned.count("\n") == text.count("\n")
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.json", "a.rst", "a.html"])
def test_a_line_of_a_megabyte(name: str) -> None:
    text = (
        "word " * 200_000 if name != "a.json" else "x" * 1_000 + "\n" + "y" * 900_000 + "\n" * 200
    )
    result = parse(name, text.encode(), Limits(), by_name(name))
    assert isinstance(result, Document)
    assert max(len(passage.text) for passage in result.passages) <= 2_400
    if name != "a.html":
        check(text, result, Limits())


def test_minified_source_is_passed_over() -> None:
    result = parse("app.js", b"var a=1;" * 50_000, Limits(), by_name("app.js"))
    assert isinstance(result, Skipped)
    assert result.reason == "ignored"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.py", "(" * 300_000),
        ("deep.js", "[" * 300_000 + "]" * 10),
        ("nested.py", "\n".join(" " * depth + "def f():" for depth in range(900))),
        ("deep.json", "[\n" * 200_000),
        ("deep.md", "> " * 50_000 + "x"),
        ("list.md", "\n".join("  " * depth + "- x" for depth in range(700))),
        ("deep.html", "<div>" * 50_000 + "hello"),
        ("deep.ipynb", '{"cells":' * 100_000),
    ],
)
def test_deep_nesting_neither_raises_nor_hangs(name: str, text: str) -> None:
    result = parse(name, text.encode(), Limits(), by_name(name))
    assert isinstance(result, Document | Skipped)
    if name == "deep.html":
        assert isinstance(result, Document)
        assert result.passages[0].text == "hello"
    elif isinstance(result, Document):
        check(text, result, Limits())
