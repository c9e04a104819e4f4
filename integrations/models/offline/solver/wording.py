r"""Turns words and typography of mathematics into the grammar's signs.

Decides spelling only: "twelve plus thirty" becomes "12 + 30", ``\frac{1}{2}``
becomes "((1)/(2))". Refuses to know what is asked.
"""

from __future__ import annotations

import re
from typing import Final

_UNIT_WORDS = """zero one two three four five six seven eight nine ten eleven twelve thirteen
fourteen fifteen sixteen seventeen eighteen nineteen"""
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS: Final = {word: n for n, word in enumerate(_UNIT_WORDS.split())}
_TENS: Final = {word: 10 * n for n, word in enumerate(_TEN_WORDS.split(), start=2)}
_SCALES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_NUMBER_WORD = "|".join([*_UNITS, *_TENS, "hundred", *_SCALES])
_NUMBER_WORDS = re.compile(
    rf"\b(?:a (?=hundred|thousand|million))?(?:{_NUMBER_WORD})"
    rf"(?:(?:[\s-]+|\s+and\s+(?=(?:{_NUMBER_WORD})\b))(?:{_NUMBER_WORD}))*\b"
)
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

_TYPOGRAPHY: Final = (
    ("−", "-"), ("–", "-"), ("×", "*"), ("·", "*"), ("⋅", "*"), ("÷", "/"), ("≤", "<="),
    ("≥", ">="), ("≠", "!="), ("½", "(1/2)"), ("¼", "(1/4)"), ("¾", "(3/4)"), ("→", "->"),
    ("’", "'"), ("“", '"'), ("”", '"'), ("√", " sqrt "),
)  # fmt: skip

_LATEX: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\$+|\\[()\[\]]|\\left|\\right|\\displaystyle|\\[,;!]", " "),
        (r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"((\1)/(\2))"),
        (r"\\sqrt\s*\[(\d+)\]\s*\{([^{}]*)\}", r"root(\2, \1)"),
        (r"\\sqrt\s*\{([^{}]*)\}", r"sqrt(\1)"),
        (r"\\binom\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"binomial(\1, \2)"),
        (r"\\(?:cdot|times)(?![a-zA-Z])", "*"),
        (r"\\div(?![a-zA-Z])", "/"),
        (r"\\leq?(?![a-zA-Z])", "<="),
        (r"\\geq?(?![a-zA-Z])", ">="),
        (r"\\neq?(?![a-zA-Z])", "!="),
        (r"\\(?:to|rightarrow)(?![a-zA-Z])", "->"),
        (r"\\infty(?![a-zA-Z])", "oo"),
        (r"\\int(?![a-zA-Z])", "∫"),
        (r"\\sum(?![a-zA-Z])", "∑"),
        (r"\\lim(?![a-zA-Z])", "lim"),
        (r"\\%", "%"),
        (r"\\([a-zA-Z]+)", r" \1"),
    )
)

_SIGNS: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=\d)\s*[x]\s*(?=\d)", " * "),
        (r"\b(?:multiplied by|times)\b", "*"),
        (r"\bdivided by\b", "/"),
        (r"(?<=[\w)])\s+over\s+(?=[\w(])", " / "),
        (r"\bplus\b", "+"),
        (r"\bminus\b|\bnegative\b", "-"),
        (r"\b(?:raised )?to the power (?:of )?|\braised to (?:the )?", "^"),
        (r"\bto the (\d+)(?:st|nd|rd|th)(?: power)?\b", r"^\1"),
        (r"\b(?:the )?square of (\w+)\b", r"(\1)^2"),
        (r"\b(?:the )?cube of (\w+)\b", r"(\1)^3"),
        (r"\s*\bsquared\b", "^2"),
        (r"\s*\bcubed\b", "^3"),
        (r"\b(?:the )?(?:square root|sqrt) of\b", " sqrt "),
        (r"\b(?:the )?cube root of\b", " cbrt "),
        (r"\s*\b(?:percent|per cent|pct)\b", "%"),
        (r"\bmodulo\b|\bmodulus\b", "mod"),
        (r"\b(?:the )?factorial of\b", " factorial "),
        (r"(\d+)\s+factorial\b", r"\1!"),
        (r"(\d+)\s+choose\s+(\d+)", r"binomial(\1, \2)"),
        (r"\b(?:the )?absolute value of\b", " abs "),
        (r"\b(?:the )?(?:natural )?log(?:arithm)? of\b(?! \d+ (?:to|in) )", " ln_or_log "),
        (r"\blog(?:arithm)? base (\d+) of\b|\blog base (\d+)\b", r" log_\1\2 "),
        (r"\b(?:the )?(sine|cosine|tangent) of\b", r" \1 "),
        (r"\bsine\b", "sin"),
        (r"\bcosine\b", "cos"),
        (r"\btangent\b", "tan"),
        (r"\b(?:is )?(?:(?:less|smaller) than or equal to|at most)\b", "<="),
        (r"\b(?:is )?(?:greater|more|larger|bigger) than or equal to\b|\b(?:is )?at least\b", ">="),
        (r"\b(?:is )?(?:less|smaller) than\b", "<"),
        (r"\b(?:is )?(?:greater|more|larger|bigger) than\b", ">"),
        (r"\bis equal to\b|\bequals?\b|\bis the same as\b", "="),
        (r"\b(?:a |one )?half of\b", "1/2 of"),
        (r"\b(?:a |one )?third of\b", "1/3 of"),
        (r"\b(?:a |one )?quarter of\b", "1/4 of"),
        (r"\b(?:two|2) thirds of\b", "2/3 of"),
        (r"\b(?:three|3) quarters of\b", "3/4 of"),
    )
)


def plain(text: str) -> str:
    """Return the text in lower case, without typography and LaTeX, on one line per line."""
    for old, new in _TYPOGRAPHY:
        text = text.replace(old, new)
    text = re.sub(r"([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda m: "^(" + m[1].translate(_SUPERSCRIPTS) + ")", text)
    text = _braces(_latex(text))
    return re.sub(r"[ \t]+", " ", text).strip().lower()


def _latex(text: str) -> str:
    if "\\" not in text and "$" not in text:
        return text
    # Fractions and roots nest; the innermost give way first.
    for _ in range(6):
        before = text
        for pattern, replacement in _LATEX[1:5]:
            text = pattern.sub(replacement, text)
        if text == before:
            break
    # A dollar before a digit is money, unless its pair closes it.
    if text.count("$") % 2 == 0 or "\\" in text:
        text = _LATEX[0][0].sub(_LATEX[0][1], text)
    for pattern, replacement in _LATEX[5:]:
        text = pattern.sub(replacement, text)
    return text


def _braces(text: str) -> str:
    return re.sub(r"([\^_])\s*\{([^{}]*)\}", r"\1(\2)", text)


def signs(text: str) -> str:
    """Return the text with words for numbers and operations as signs."""
    text = numbers(text)
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    return re.sub(r"\s+", " ", text.replace("ln_or_log", "log")).strip()


def numbers(text: str) -> str:
    """Return the text with number words as digits: "two hundred and five" → "205"."""
    return _NUMBER_WORDS.sub(lambda m: m[0] if (n := _value(m[0])) is None else str(n), text)


def _value(words: str) -> int | None:
    """Return the number that the words name, or ``None`` if they name no single one."""
    total, current, room = 0, 0, 10**12
    for word in re.split(r"[\s-]+", words):
        if word in {"and", "a"}:
            continue
        if word == "hundred":
            current, room = max(current, 1) * 100, 100
        elif word in _SCALES:
            total, current, room = total + max(current, 1) * _SCALES[word], 0, 10**12
        else:
            # "five six" is two numbers, "sixty five" is one.
            value = _UNITS.get(word, _TENS.get(word, 0))
            if value >= room:
                return None
            current += value
            room = 10 if word in _TENS else 0
    return total + current
