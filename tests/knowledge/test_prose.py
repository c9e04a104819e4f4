"""Sections, fences, tables and titles of prose, and what is kept of a page."""

from __future__ import annotations

import pytest

from integrations.contracts.knowledge import Document, Passage
from integrations.knowledge.formats import by_name
from integrations.knowledge.limits import Limits
from integrations.knowledge.read import parse

WORDS = "The bird listens and repeats what it heard. " * 12


def document(name: str, text: str, limits: Limits | None = None) -> Document:
    result = parse(name, text.encode(), limits or Limits(), by_name(name))
    assert isinstance(result, Document), result
    return result


def holding(result: Document, text: str) -> Passage:
    (passage,) = [passage for passage in result.passages if text in passage.text]
    return passage


def test_markdown_titles_are_heading_paths() -> None:
    text = f"# Mynah\n\n{WORDS}\n\n"
    text += f"## Install\n\n{WORDS}\n\n### *Linux* `apt`\n\n{WORDS}\n\n## Use\n\n{WORDS}"
    result = document("a.md", text)
    assert [(p.title, p.start_line, p.end_line) for p in result.passages] == [
        ("Mynah", 1, 3),
        ("Mynah › Install", 5, 7),
        ("Mynah › Install › Linux apt", 9, 11),
        ("Mynah › Use", 13, 15),
    ]


def test_small_sections_share_a_passage_and_a_title() -> None:
    result = document("a.md", "# A\n\n## One\n\nfirst\n\n## Two\n\nsecond\n")
    assert [(p.title, p.start_line, p.end_line) for p in result.passages] == [
        ("A › One, Two", 1, 9)
    ]


def test_a_heading_goes_with_what_it_introduces() -> None:
    text = f"# A\n\n{WORDS}\n\n## API\n\n### get\n\n{WORDS * 2}\n"
    result = document("a.md", text)
    assert holding(result, "## API").start_line == 5
    assert holding(result, "## API").title == "A › API › get"


@pytest.mark.parametrize("before", [0, 1, 2, 3, 4])
def test_fences_and_tables_that_fit_stay_whole(before: int) -> None:
    fence = "```python\n" + "call(1)\n\n" * 110 + "```"
    table = "| a | b |\n|---|---|\n" + "| cell | cell |\n" * 90
    text = f"# A\n\n{WORDS * before}\n\n{fence}\n\nbetween\n\n{table}\n\n{WORDS * 3}"
    result = document("a.md", text)
    assert fence in holding(result, "```python").text
    assert table.rstrip() in holding(result, "|---|").text
    inside = "- item\n\n" + "\n".join("  " + line for line in fence.split("\n"))
    listed = document("b.md", f"- {WORDS * before}\n\n{inside}\n- " + "\n- ".join([WORDS] * 6))
    assert holding(listed, "```python").text.count("```") == 2


def test_kinds() -> None:
    fence = "```\n" + "code\n" * 100 + "```"
    table = "| a |\n|---|\n" + "| cell |\n" * 60
    result = document("a.md", f"{WORDS}\n\n# B\n\n{fence}\n\n# C\n\n{table}")
    assert [passage.kind for passage in result.passages] == ["prose", "code", "table"]


def test_front_matter_gives_the_title() -> None:
    result = document("a.md", '---\ntitle: "The title"\ntags: [a]\n---\n\nText.\n\n# Later\n')
    assert result.title == "The title"
    assert result.passages[0].start_line == 1


def test_rest_headings_and_directives_are_not_carried_out() -> None:
    text = (
        f"=====\nGuide\n=====\n\n{WORDS}\n\nInstall\n-------\n\n{WORDS}\n\n"
        f".. include:: /etc/passwd\n\n.. raw:: html\n\n   <b>x</b>\n\nLinux\n~~~~~\n\n{WORDS}\n\n"
        f"Use\n---\n\n{WORDS}"
    )
    result = document("a.rst", text)
    assert result.title == "Guide"
    titles = ["Guide", "Guide › Install", "Guide › Install › Linux", "Guide › Use"]
    assert [passage.title for passage in result.passages] == titles
    assert ".. include:: /etc/passwd" in holding(result, "Install\n-------").text
    assert holding(result, "Linux\n~~~~~").start_line == 18


@pytest.mark.parametrize(
    ("name", "mark"), [("a.adoc", "="), ("a.org", "*")], ids=["asciidoc", "org"]
)
def test_marked_headings(name: str, mark: str) -> None:
    result = document(name, f"{mark} Guide\n\n{WORDS}\n\n{mark}{mark} Install\n\n{WORDS}")
    assert [passage.title for passage in result.passages] == ["Guide", "Guide › Install"]


def test_plain_text_is_cut_between_paragraphs() -> None:
    result = document("a.txt", "\n\n".join([WORDS.strip()] * 7))
    assert all(passage.text.startswith("The bird") for passage in result.passages)
    assert all(passage.text.endswith("heard.") for passage in result.passages)
    assert max(len(passage.text) for passage in result.passages) <= 1_200


def test_a_long_line_is_cut_between_sentences() -> None:
    result = document("a.txt", WORDS * 20)
    assert len(result.passages) > 5
    assert all(passage.text.endswith("heard.") for passage in result.passages)
    assert {(p.start_line, p.end_line) for p in result.passages} == {(1, 1)}


PAGE = f"""<?xml version="1.0"?><!doctype html>
<html><head><title> The  page </title><style>p {{}}</style><script>alert("no")</script></head>
<body><nav><a>Menu</a><script>x</script></nav><header>Site <a>Login</a></header>
<main><h1>Retry ¶</h1><p>A <b>bold</b> word,<br>next line. {WORDS}</p>
<h2>Back-off</h2><ul><li>one</li><li><p>two</p></li><li></li></ul><p>After. {WORDS}</p>
<pre>def f():
    return 1
</pre><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
<div hidden>hidden</div><p style="display: none">styled away</p><!-- comment --></main>
<footer>Imprint</footer></body></html>"""


def test_a_page_keeps_its_main_content() -> None:
    result = document("a.html", PAGE)
    text = "\n\n".join(passage.text for passage in result.passages)
    assert result.title == "The page"
    assert [passage.title for passage in result.passages] == ["Retry", "Retry › Back-off"]
    assert text.startswith("# Retry\n\nA bold word,\nnext line. The bird")
    assert "## Back-off\n\n- one\n\n- two\n\nAfter." in text
    assert "def f():\n    return 1" in text
    assert "| a | b |\n| 1 | 2 |" in text
    for noise in ["Menu", "Login", "Imprint", "alert", "hidden", "styled", "comment", "¶", "p {"]:
        assert noise not in text


def test_a_page_without_a_main_element_loses_its_frame_only() -> None:
    page = f"<header>Logo</header><h1>A</h1>{WORDS}<aside>Ad</aside><footer>Imprint</footer>"
    (passage,) = document("a.html", page).passages
    assert passage.text == f"# A\n\n{WORDS.strip()}"


@pytest.mark.parametrize("text", ["http://example.org/a", "just words", "<", "a < b"])
def test_what_is_no_markup_warns_nobody(text: str) -> None:
    assert document("a.html", text).passages[0].text[:1] in {"h", "j", "<", "a"}
