"""Reading formulas and stories, without SymPy."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.models.offline.solver.grammar import Node, NotAFormula, parse
from integrations.models.offline.solver.recognise import recognise
from integrations.models.offline.solver.stories import tell
from integrations.models.offline.solver.wording import numbers, plain, signs


def spelt(node: Node) -> str:
    if not node.args:
        return node.value
    return f"{node.op}{node.value and ':' + node.value}({' '.join(map(spelt, node.args))})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", "+(1 *(2 3))"),
        ("1 - 2 - 3", "-(-(1 2) 3)"),
        ("2^3^2", "^(2 ^(3 2))"),
        ("-2^2", "neg(^(2 2))"),
        ("2^-1", "^(2 neg(1))"),
        ("2x(x+1)", "*(*(2 x) +(x 1))"),
        ("xy", "*(x y)"),
        ("sin 2x + 1", "+(call:sin(*(2 x)) 1)"),
        ("sin^2(x)", "^(call:sin(x) 2)"),
        ("log_2(8)", "call:log(8 2)"),
        ("12% of 80", "*(%(12) 80)"),
        ("17 % 5", "mod(17 5)"),
        ("3! + 1,000", "+(!(3) 1000)"),
        ("|x - 1| <= 2", "<=(call:abs(-(x 1)) 2)"),
        ("[[1,2],[3,4]]", "list(list(1 2) list(3 4))"),
    ],
)
def test_formulas(text: str, tree: str) -> None:
    assert spelt(parse(text)) == tree


@pytest.mark.parametrize(
    "text",
    [
        "", "1 +", "(1", "1 2", "x 2", "hello", "os.system", "__import__", "x[0]", "a.b",
        "1 = 2 = 3", "'a'", "f(x)(y):", "5 of 3", "sin", "root(2)", "x; import os", "\\x",
        "eval(1)",
        "(" * 100 + "1" + ")" * 100, "-" * 100 + "1", "1" * 5_000, "+".join(["1"] * 2_000),
    ],
)  # fmt: skip
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(NotAFormula):
        parse(text)


@given(st.text(alphabet="0123456789xyz+-*/^!%()[]|,.= sincoqrtlge_π'\"\\{}$", max_size=60))
def test_any_text_is_a_formula_or_none(text: str) -> None:
    try:
        parse(text)
    except NotAFormula:
        return
    assert not set(text) & set("'\"\\{}$")


@given(st.text(max_size=200))
def test_any_text_is_recognised_or_not(text: str) -> None:
    recognise(text)
    tell(text)


@given(st.integers(0, 999_999_999))
def test_number_words_come_back(n: int) -> None:
    assert numbers(words(n)) == str(n)


_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def words(n: int) -> str:
    """Spell a whole number below a thousand million."""
    small, tens = _SMALL.split(), _TENS.split()
    if n < 20:
        return small[n]
    if n < 100:
        return tens[n // 10 - 2] + (f"-{small[n % 10]}" if n % 10 else "")
    for size, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= size:
            rest = n % size
            joint = " and " if size == 100 else " "
            return f"{words(n // size)} {name}" + (f"{joint}{words(rest)}" if rest else "")
    raise AssertionError(n)


def test_two_numbers_in_a_row_are_not_added() -> None:
    assert numbers("five six") == "five six"
    assert recognise("what is five six?") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Three squared plus FOUR", "3^2 + 4"),
        ("the square root of 16", "sqrt 16"),
        (r"$\frac{\sqrt{2}}{2}$", "((sqrt(2))/(2))"),
        ("6 × 7 ÷ 2 − 1", "6 * 7 / 2 - 1"),
        ("x² ≤ 4", "x^(2) <= 4"),
        ("17 x 23", "17 * 23"),
        ("3 is greater than or equal to 2", "3 >= 2"),
    ],
)
def test_words_and_typography_become_signs(text: str, expected: str) -> None:
    assert signs(plain(text)) == expected


@pytest.mark.parametrize(
    ("story", "result"),
    [
        ("A train travels 120 km in 2 hours. What is its average speed?", "60 km per hour"),
        ("How far does a car travel at 60 km/h for 30 minutes?", "30 km"),
        ("How long does it take to travel 300 km at 75 km/h?", "4 hours"),
        ("what percent of 80 is 20?", "25%"),
        ("20 is 25% of what number?", "80"),
        ("percentage increase from 50 to 65", "30% increase"),
        ("what is 80 after a 15% discount?", "68"),
        ("If 3 pens cost $6, how much do 5 pens cost?", "10"),
        ("I buy 3 apples at $2 each and 2 pears at $1.50 each. How much is the total?", "9"),
        ("divide 60 in the ratio 2:3", "24 and 36"),
        ("Two numbers add up to 10 and differ by 2. What are they?", "6 and 4"),
        ("Tom is 5 years older than Ann. The sum of their ages is 35. How old is Tom?",
         "Tom is 20 and Ann is 15"),
        ("the sum of three consecutive integers is 72. What are they?", "23, 24, 25"),
        ("the sum of two consecutive integers is 10", "There are no such whole numbers"),
        ("Ana can paint a room in 3 hours and Ben in 6 hours. How long do they take together?",
         "2 hours"),
        ("Ana has 5 apples and gives 2 away. How many are left?", "3"),
        ("255 in hex", "FF"),
        ("convert 0b1010 to decimal", "10"),
        ("hypotenuse of a right triangle with legs 3 and 4", "5"),
    ],
)  # fmt: skip
def test_stories(story: str, result: str) -> None:
    solution = tell(story)
    assert solution is not None
    assert solution.result == result


@pytest.mark.parametrize(
    "story",
    [
        # Each differs from a template by a word that changes, or may change, the meaning.
        "A train travels 120 km in 2 hours and stops for 1 hour. What is its average speed?",
        "If 3 pens cost $6, how much do 5 pencils cost?",
        "How long does it take to travel 300 km at 75 miles/h?",
        "Tom was twice as old as Ann. Together they are 36. How old is Ann?",
        "A train travels 120 km in 0 hours. What is its speed?",
        "convert binary 12 to decimal",
    ],
)
def test_stories_that_are_left_alone(story: str) -> None:
    assert tell(story) is None


def test_recognising_does_not_load_sympy() -> None:
    code = (
        "import sys; import integrations.models.offline.maths; "
        "from integrations.models.offline.solver.recognise import recognise; "
        "assert recognise('2 + 2'); assert 'sympy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
