"""What a person teaches by writing an answer anew."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.memory.edits import MODIFIED, MOST_PAIRS, learned
from learning.routing.variants import ASPECTS, aspects_of, with_wishes

CODE = """Add the two numbers and print what comes out of it, as in this small example.

```js
var x = 1;
var y = 2;
console.log(x + y);
```
"""
LONG = " ".join(
    f"Part {n} explains why the kiln needs a rotor and how warm air moves." for n in range(12)
)
PROSE = "The rotor cools the kiln. The shaft turns slowly. The glaze needs a day to dry."


def test_a_tool_that_was_exchanged_throughout_is_named_once() -> None:
    before = "Run `npm install` first.\nThen run `npm test`, and at last `npm start` to see it."
    edit = learned(before, before.replace("npm", "pnpm"))
    assert edit.kind == "modified"
    assert edit.replaced == (("npm", "pnpm"),)


def test_an_exchanged_keyword_in_code_is_named_once() -> None:
    edit = learned(CODE, CODE.replace("var", "const"))
    assert edit.replaced == (("var", "const"),)
    assert edit.aspects == ()


@pytest.mark.parametrize(
    ("before", "after", "pair"),
    [
        (
            "Deploy it to Vercel with the integration.",
            "Deploy it to Fly.io with the integration.",
            ("Vercel", "Fly.io"),
        ),
        (
            "Check it in GitHub Actions on every push to the branch.",
            "Check it in CircleCI on every push to the branch.",
            ("GitHub Actions", "CircleCI"),
        ),
        (
            "Write it in C++ and link the library.",
            "Write it in Rust and link the library.",
            ("C++", "Rust"),
        ),
        (
            "Der Server läuft auf Ubuntu und wird nachts gesichert.",
            "Der Server läuft auf Debian und wird nachts gesichert.",
            ("Ubuntu", "Debian"),
        ),
    ],
)
def test_names_that_took_each_others_place_are_paired(
    before: str, after: str, pair: tuple[str, str]
) -> None:
    assert learned(before, after).replaced == (pair,)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PROSE, "Restart the server, then look at its log: an error of the disk is most likely."),
        (PROSE, PROSE),
        (PROSE, PROSE + " Open the door only then."),
        # Only grammar, capitals, small words and numbers changed.
        ("It uses the old parser here.", "It used the old parser here."),
        ("It reads json from the socket.", "It reads JSON from the socket."),
        ("Put it on the shelf by the door.", "Put it in the shelf by the door."),
        ("The oven needs 200 degrees for this.", "The oven needs 180 degrees for this."),
        # Two words changed places.
        (
            "Mount the rotor before the shaft, as always.",
            "Mount the shaft before the rotor, as always.",
        ),
        # One word went two ways.
        (
            "Use tea in the morning. Use tea in the evening.",
            "Use milk in the morning. Use juice in the evening.",
        ),
        # A word gave way in one place and came in at another.
        (
            "Mount the rotor before noon. Then wait for a while.",
            "Mount the shaft before noon. Then wait for the rotor a while.",
        ),
        # One sentence was kept but for a word, and all others were written anew.
        (
            "Use npm for it. " + PROSE,
            "Use pnpm for it. Restart your server soon! Look at its log; perhaps a disk is full.",
        ),
        # All others were kept, and one was written anew.
        (PROSE + " Cool the big kiln.", PROSE + " Heat the small oven."),
        # What looks like a secret is nobody's taste.
        (
            "The header holds abc123def456 as its value.",
            "The header holds zyx987wvu654 as its value.",
        ),
        (
            "The token is AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIII there.",
            "The token is ZZZZYYYYXXXXWWWWVVVVUUUUTTTTSSSSRRRR there.",
        ),
        ("", "Something new."),
        ("Something old.", ""),
    ],
)
def test_nothing_else_is_paired(before: str, after: str) -> None:
    assert learned(before, after).replaced == ()


def test_who_exchanges_many_words_has_said_it_differently() -> None:
    words = [f"alpha{chr(97 + n)} stays the same here and there." for n in range(MOST_PAIRS + 1)]
    before = "\n".join(words)
    assert learned(before, before.replace("alpha", "omega")).kind == "modified"
    assert learned(before, before.replace("alpha", "omega")).replaced == ()
    few = "\n".join(words[:MOST_PAIRS])
    assert len(learned(few, few.replace("alpha", "omega")).replaced) == MOST_PAIRS


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (PROSE, "modified"),
        (PROSE.replace("a day", "two days"), "modified"),
        (PROSE.upper(), "modified"),
        ("The glaze needs a day to dry. The rotor cools the kiln.", "modified"),
        (
            "No: nothing here cools anything, because a chimney does all of that by itself.",
            "rewritten",
        ),
        ("", "rewritten"),
    ],
)
def test_half_alike_is_modified_and_less_is_rewritten(after: str, kind: str) -> None:
    edit = learned(PROSE, after)
    assert edit.kind == kind
    assert (edit.similarity >= MODIFIED) is (kind == "modified")


def test_the_more_is_kept_the_more_alike_it_is() -> None:
    sentences = PROSE.split(". ")
    kept = [learned(PROSE, ". ".join(sentences[:n])).similarity for n in range(len(sentences) + 1)]
    assert kept == sorted(set(kept))
    assert kept[-1] == 1.0


BULLETS = "- mount the rotor\n- turn the shaft\n- dry the glaze"
STEPS = "1. mount the rotor\n2. turn the shaft\n3. dry the glaze"
SENTENCES = "First mount the rotor. Turn the shaft. Dry the glaze."
BARE = "```js\nvar x = 1;\nvar y = 2;\nconsole.log(x + y);\n```"
TALK = "Add the two numbers and print what comes out of it, as in this small example."
COMMENTED = CODE.replace("var x", "// the first\nvar x").replace("var y", "// the second\nvar y")


@pytest.mark.parametrize(
    ("before", "after", "aspects"),
    [
        (LONG, " ".join(LONG.split()[:40]), ("brief",)),
        (" ".join(LONG.split()[:60]), LONG, ("detail",)),
        (LONG, LONG + " And so on.", ()),
        # Short either way: a few words more or less mean nothing.
        ("Use two rotors.", "Use two rotors, and a shaft.", ()),
        # Another answer, not the same one cut short.
        (LONG, "Nobody knows.", ()),
        (SENTENCES, BULLETS, ("bullets",)),
        (BULLETS, SENTENCES, ("prose",)),
        (SENTENCES, STEPS, ("steps",)),
        (BULLETS, STEPS, ("steps",)),
        # Steps are shorter by nature: nobody wished for brevity.
        (LONG, "\n".join(f"{n}. {s}." for n, s in enumerate(LONG.split(". ")[:3], 1)), ("steps",)),
        (CODE, COMMENTED, ("comments",)),
        (COMMENTED, CODE, ("no_comments",)),
        (CODE, f"{BARE}\n\n{TALK}", ("code_first",)),
        (CODE, BARE, ("code_only",)),
        (CODE, CODE, ()),
        # A heading is no comment, neither is an address, a directive or a shebang.
        (CODE, "# Sum\n" + CODE, ()),
        (CODE, CODE.replace("var x = 1;", "var x = 'http://a.b';"), ()),
        (CODE, CODE.replace("```js\n", "```js\n#include <x>\n#!/bin/sh\n"), ()),
    ],
)
def test_what_changed_in_form_is_seen(before: str, after: str, aspects: tuple[str, ...]) -> None:
    assert learned(before, after).aspects == aspects


rng = random.Random(3)
AWKWARD = {
    "two words": " ".join(rng.choice("ab") for _ in range(20_000)),
    "two lines": "\n".join(rng.choice("ab") for _ in range(20_000)),
    "many lines": "\n".join(str(rng.randrange(100)) for _ in range(14_000)),
    "blank lines": "\n" * 39_999 + "x",
    "spaces": " " * 39_999 + "x",
    "fences": "```\n" * 10_000,
    "numbers": "1. " * 13_000,
    "one word": "a" * 40_000,
    "dots": "a.b-" * 10_000,
}


@pytest.mark.parametrize("before", AWKWARD)
def test_forty_thousand_awkward_characters_take_no_time(before: str) -> None:
    for after in AWKWARD.values():
        started = time.process_time()
        learned(AWKWARD[before], after)
        assert time.process_time() - started < 2.0


texts = st.text(st.sampled_from("ab .\n`-1#/*é你\u0301😀\ud800"), max_size=200) | st.text(
    max_size=100
)


@given(texts, texts)
def test_whatever_was_written_the_result_is_sound(before: str, after: str) -> None:
    edit = learned(before, after)
    assert 0.0 <= edit.similarity <= 1.0
    assert edit == learned(before, after)
    assert edit.similarity == pytest.approx(learned(after, before).similarity)
    assert len(set(edit.replaced)) == len(edit.replaced) <= MOST_PAIRS
    assert set(edit.aspects) <= {aspect.name for aspect in ASPECTS}
    assert set(aspects_of(with_wishes("", edit.aspects[:4]))) == set(edit.aspects[:4])


@given(texts)
def test_an_answer_left_as_it_was_teaches_nothing(text: str) -> None:
    edit = learned(text, text)
    assert (edit.similarity, edit.replaced, edit.aspects) == (1.0, (), ())
