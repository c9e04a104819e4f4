"""Solves simple word problems by explicit templates, in exact arithmetic.

Each template names the quantities it reads and shows the equation it sets up,
so that a person sees at once if the story was another one. A story with words
that no template accounts for is not touched.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from integrations.models.offline.solver.problem import Solution
from integrations.models.offline.solver.wording import numbers, plain

if TYPE_CHECKING:
    from collections.abc import Callable

_N = r"(?:[$€£]\s?)?(\d[\d,]*(?:\.\d+)?|\.\d+)"
_MONEY = r"(?:\s?(?:dollars?|euros?|pounds?|usd|eur|[$€£]))?"
_LENGTH = r"(?:km|kilomet(?:er|re)s?|miles?|mi|m|met(?:er|re)s?)"
_TIME = r"(?:hours?|hrs?|h|minutes?|mins?|seconds?|s|days?)"
_MOVER = (
    r"(?:(?:if )?(?:a|an|the|my) (?:\w+ )?(?:train|car|bus|bike|cyclist|runner|plane|truck|boat"
    r"|person"
    r"|driver|hiker|ship)|i|he|she|it|we)"
)
_GO = r"(?:travels?|drives?|goes|go|runs?|covers?|rides?|walks?|flies|cycles?|moves?|travell?ed)"


def tell(question: str) -> Solution | None:
    """Return the solution of a word problem that fits a template, else ``None``."""
    if len(question) > 600:  # noqa: PLR2004 - longer stories hold more than a template reads
        return None
    text = re.sub(r"\s+", " ", numbers(plain(question))).strip(" ?.!")
    text = re.sub(r"^(?:please |hi,? |hello,? |can you tell me |tell me |if )+", "", text)
    for pattern, solve in _STORIES:
        match = pattern.fullmatch(text)
        if match is not None:
            try:
                return solve(match)
            except (ZeroDivisionError, OverflowError):
                return None
    return None


def _n(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def _show(value: Fraction) -> str:
    """Return a fraction as a whole number, a short decimal, or rounded with its exact value."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled = value * 10**6
    if scaled.denominator == 1:
        return f"{float(value):.6f}".rstrip("0").rstrip(".")
    return f"{value} ≈ {float(value):.6g}"


def _speed(m: re.Match[str]) -> Solution:
    distance, unit, time, per = _n(m[1]), m[2], _n(m[3]), m[4]
    return Solution(
        f"{_show(distance / time)} {unit} per {per.rstrip('s')}",
        (f"Speed = distance / time = {_show(distance)} / {_show(time)}.",),
    )


def _distance(m: re.Match[str]) -> Solution | None:
    speed, unit, per, time, given = _n(m[1]), m[2], m[3], _n(m[4]), m[5]
    hours = _same_unit(time, given, per)
    if hours is None:
        return None
    return Solution(
        f"{_show(speed * hours)} {unit}",
        (f"Distance = speed · time = {_show(speed)} · {_show(hours)}.",),
    )


def _duration(m: re.Match[str]) -> Solution | None:
    distance, unit, speed, other, per = _n(m[1]), m[2], _n(m[3]), m[4], m[5]
    if unit[:2] != other[:2]:
        return None
    time = distance / speed
    return Solution(
        f"{_show(time)} {_PER[per[0]]}",
        (f"Time = distance / speed = {_show(distance)} / {_show(speed)}.",),
    )


_PER: Final = {"h": "hours", "m": "minutes", "s": "seconds", "d": "days"}
_SECONDS: Final = {"h": 3600, "m": 60, "s": 1, "d": 86400}


def _same_unit(time: Fraction, given: str, wanted: str) -> Fraction | None:
    return time * _SECONDS[given[0]] / _SECONDS[wanted[0]]


def _what_percent(part: str, whole: str) -> Solution:
    a, b = _n(part), _n(whole)
    return Solution(f"{_show(100 * a / b)}%", (f"{_show(a)} / {_show(b)} · 100.",))


def _change(m: re.Match[str]) -> Solution:
    a, b = _n(m[1]), _n(m[2])
    word = "increase" if b >= a else "decrease"
    return Solution(
        f"{_show(abs(100 * (b - a) / a))}% {word}",
        (f"({_show(b)} - {_show(a)}) / {_show(a)} · 100.",),
    )


def _adjust(amount: Fraction, rate: Fraction, sign: int) -> Solution:
    share = amount * rate / 100
    op = "+" if sign > 0 else "-"
    return Solution(
        _show(amount + sign * share),
        (
            f"{_show(rate)}% of {_show(amount)} is {_show(share)}.",
            f"{_show(amount)} {op} {_show(share)}.",
        ),
    )


def _tip(m: re.Match[str]) -> Solution:
    rate, amount = _n(m[1]), _n(m[2])
    tip = amount * rate / 100
    return Solution(
        f"{_show(tip)} (total {_show(amount + tip)})", (f"{_show(rate)}% of {_show(amount)}.",)
    )


def _proportion(m: re.Match[str]) -> Solution | None:
    count, thing, price, wanted, other = _n(m[1]), m[2], _n(m[3]), _n(m[4]), m[5]
    if thing.rstrip("s") != other.rstrip("s"):
        return None
    each = price / count
    return Solution(
        _show(each * wanted),
        (f"One costs {_show(price)} / {_show(count)} = {_show(each)}.",
         f"{_show(wanted)} cost {_show(wanted)} · {_show(each)}."),
    )  # fmt: skip


def _bill(m: re.Match[str]) -> Solution | None:
    items = re.findall(rf"(\d+) ([a-z ]+?) (?:at|for) {_N}{_MONEY} each", m[1])
    if not items or len(items) != m[1].count(" each"):
        return None
    parts = [_n(count) * _n(price) for count, _, price in items]
    steps = [
        f"{count} {what} at {price} each: {_show(part)}."
        for (count, what, price), part in zip(items, parts, strict=True)
    ]
    return Solution(_show(sum(parts, Fraction(0))), tuple(steps))


def _ratio(m: re.Match[str]) -> Solution:
    total, parts = _n(m[1]), [_n(p) for p in re.findall(r"\d+(?:\.\d+)?", m[2])]
    whole = sum(parts, Fraction(0))
    shares = [total * p / whole for p in parts]
    return Solution(
        " and ".join(map(_show, shares)),
        (f"{_show(whole)} parts in all, each {_show(total / whole)}.",
         f"Check: {' + '.join(map(_show, shares))} = {_show(total)} ✓"),
    )  # fmt: skip


def _two_numbers(m: re.Match[str]) -> Solution:
    total, gap = _n(m[1]), _n(m[2])
    high, low = (total + gap) / 2, (total - gap) / 2
    return Solution(
        f"{_show(high)} and {_show(low)}",
        (f"x + y = {_show(total)} and x - y = {_show(gap)}.",
         f"Adding them: 2x = {_show(total + gap)}.",
         f"Check: {_show(high)} + {_show(low)} = {_show(total)} ✓"),
    )  # fmt: skip


_TIMES: Final = {
    "twice": Fraction(2), "double": Fraction(2), "triple": Fraction(3), "half": Fraction(1, 2),
}  # fmt: skip


def _ages_times(m: re.Match[str]) -> Solution | None:
    older, times, younger, total = m[1], m[2], m[3], _n(m[4])
    factor = _TIMES.get(times) or _n(times.split()[0])
    base = total / (1 + factor)
    return _ages(older, factor * base, younger, base, f"x + {_show(factor)}x = {_show(total)}")


def _ages_gap(m: re.Match[str]) -> Solution | None:
    first, gap, word, second, total = m[1], _n(m[2]), m[3], m[4], _n(m[5])
    if word == "younger":
        first, second = second, first
    base = (total - gap) / 2
    equation = f"x + (x + {_show(gap)}) = {_show(total)}"
    return _ages(first, base + gap, second, base, equation)


def _ages(first: str, a: Fraction, second: str, b: Fraction, equation: str) -> Solution | None:
    if a < 0 or b < 0:
        return None
    return Solution(
        f"{first.capitalize()} is {_show(a)} and {second.capitalize()} is {_show(b)}",
        (f"With x for {second.capitalize()}'s age: {equation}.",
         f"Check: {_show(a)} + {_show(b)} = {_show(a + b)} ✓"),
    )  # fmt: skip


def _consecutive(m: re.Match[str]) -> Solution | None:
    count, step, total = int(m[1]), (2 if m[2] else 1), _n(m[3])
    if not 2 <= count <= 50:  # noqa: PLR2004 - a list for a person
        return None
    first = (total - step * count * (count - 1) / Fraction(2)) / count
    found = [first + step * i for i in range(count)]
    fits = first.denominator == 1 and (not m[2] or first % 2 == (1 if m[2] == "odd " else 0))
    if not fits:
        return Solution("There are no such whole numbers", (f"The first would be {first}.",))
    return Solution(
        ", ".join(map(_show, found)), (f"Check: their sum is {_show(sum(found, Fraction(0)))} ✓",)
    )


def _interest(m: re.Match[str]) -> Solution:
    kind, amount, rate, years = m[1], _n(m[2]), _n(m[3]) / 100, _n(m[4])
    if kind == "simple":
        interest = amount * rate * years
        return Solution(
            f"{_show(interest)} (total {_show(amount + interest)})",
            (f"Interest = {_show(amount)} · {_show(rate)} · {_show(years)}.",),
        )
    total = float(amount) * math.pow(1 + float(rate), float(years))
    return Solution(
        f"≈ {total - float(amount):.2f} (total ≈ {total:.2f})",
        (f"Total = {_show(amount)} · (1 + {_show(rate)})^{_show(years)}, compounded yearly.",),
    )


def _together(m: re.Match[str]) -> Solution:
    a, b = _n(m[1]), _n(m[2])
    return Solution(
        f"{_show(1 / (1 / a + 1 / b))} {m[3]}",
        (f"Together they do 1/{_show(a)} + 1/{_show(b)} = {1 / a + 1 / b} of it in one.",),
    )


def _left(m: re.Match[str]) -> Solution:
    had, changed = _n(m[1]), _n(m[3])
    gains = m[2] in {"gets", "buys", "finds", "receives", "get", "buy", "find", "receive"}
    op = "+" if gains else "-"
    return Solution(
        _show(had + changed if gains else had - changed), (f"{_show(had)} {op} {_show(changed)}.",)
    )


def _to_base(m: re.Match[str]) -> Solution | None:
    word, digits, after, target = m[1] or m[3] or "", m[2], m[3], m[4]
    prefix = {"0x": 16, "0b": 2, "0o": 8}.get(digits[:2])
    source = prefix or _BASES.get((word or after or "decimal")[:3], 10)
    try:
        value = int(digits, source)
    except ValueError:
        return None
    if prefix is None and not word and not digits.isdigit():
        return None
    base = _BASES[target[:3]]
    shown = {2: f"{value:b}", 8: f"{value:o}", 10: str(value), 16: f"{value:X}"}[base]
    return Solution(shown, (f"{digits} in base {source} is {shown} in base {base}.",))


_BASES: Final = {"bin": 2, "oct": 8, "dec": 10, "hex": 16}
_BASE = r"(binary|octal|decimal|hex(?:adecimal)?)"


def _shape(formula: str, value: Callable[..., float]) -> Callable[[re.Match[str]], Solution]:
    def solve(m: re.Match[str]) -> Solution:
        result = value(*(float(_n(g)) for g in m.groups() if g))
        about = "" if result.is_integer() else "≈ "
        return Solution(f"{about}{result:.10g}", (f"{formula}.",))

    return solve


def _story(
    pattern: str, solve: Callable[[re.Match[str]], Solution | None]
) -> tuple[re.Pattern[str], Callable[[re.Match[str]], Solution | None]]:
    return re.compile(pattern), solve


_ASK = r"(?:what(?:'s| is| are)|find|calculate|compute|how much is)(?: the)? "
_SUM = (
    r"[,.;]? ?(?:and )?(?:together (?:they are|their ages (?:are|sum to))|(?:the )?sum of their"
    r" ages is"
    r"|their ages (?:add up|sum) to|together they are)"
)
_ASK_AGE = r"(?: years old)?(?:[,.]? how old (?:is|are) (?:\w+|they|each of them))?"

_STORIES: Final = (
    _story(rf"(?:convert |{_ASK})?(?:{_BASE} )?((?:0[xbo])?[0-9a-f]+)(?: (?:from |in )?{_BASE})?"
           rf" (?:to|into|in|as) {_BASE}", _to_base),
    _story(rf"{_MOVER} {_GO} {_N} ?({_LENGTH}) in {_N} ?({_TIME})[.,]? (?:what(?:'s| is)"
           r" (?:its|his|her|the|my) (?:average )?speed(?: of the \w+)?|how fast (?:is|does|was)"
           r" .+)",
           _speed),
    _story(rf"how far (?:does|do|will|can|would) {_MOVER} {_GO} (?:at|with) {_N} ?({_LENGTH})"
           rf" ?(?:/|per |an |a )({_TIME}) (?:for|in|after) {_N} ?({_TIME})", _distance),
    _story(rf"{_MOVER} {_GO} at {_N} ?({_LENGTH}) ?(?:/|per |an |a )({_TIME})(?: for {_N}"
           rf" ?({_TIME}))"
           rf"[.,]? how far (?:does|did|will|has) .+", _distance),
    _story(rf"how long (?:does|do|will|would) it take(?: {_MOVER})? to {_GO} {_N} ?({_LENGTH}) at "
           rf"{_N} ?({_LENGTH}) ?(?:/|per |an |a )({_TIME})", _duration),
    _story(rf"what (?:percent|percentage|%) of {_N} is {_N}", lambda m: _what_percent(m[2], m[1])),
    _story(rf"{_N} is what (?:percent|percentage|%) of {_N}", lambda m: _what_percent(m[1], m[2])),
    _story(rf"(?:{_ASK})?{_N} as a percentage of {_N}", lambda m: _what_percent(m[1], m[2])),
    _story(rf"{_N} is {_N} ?(?:%|percent) of (?:what|which)(?: number)?",
           lambda m: Solution(_show(100 * _n(m[1]) / _n(m[2])),
                              (f"{m[1]} / {m[2]}% = {m[1]} · 100 / {m[2]}.",))),
    _story(rf"(?:{_ASK})?percent(?:age)? (?:change|increase|decrease|difference) from {_N} to {_N}",
           _change),
    _story(rf"(?:increase|raise) {_N}{_MONEY} by {_N} ?(?:%|percent)",
           lambda m: _adjust(_n(m[1]), _n(m[2]), 1)),
    _story(rf"(?:decrease|reduce|lower) {_N}{_MONEY} by {_N} ?(?:%|percent)",
           lambda m: _adjust(_n(m[1]), _n(m[2]), -1)),
    _story(rf"(?:{_ASK})?{_N} ?(?:%|percent) off(?: of)? {_N}{_MONEY}",
           lambda m: _adjust(_n(m[2]), _n(m[1]), -1)),
    _story(rf"(?:{_ASK})?{_N}{_MONEY} (?:after|with) an? {_N} ?(?:%|percent) discount",
           lambda m: _adjust(_n(m[1]), _n(m[2]), -1)),
    _story(rf"(?:{_ASK})?(?:a )?{_N} ?(?:%|percent) tip on(?: a)? {_N}{_MONEY}(?: bill)?", _tip),
    _story(rf"{_N} ([a-z]+) costs? {_N}{_MONEY}[,.]? (?:then )?(?:how much|what) (?:do|does"
           rf"|would|will)"
           rf" {_N} ([a-z]+) cost", _proportion),
    _story(r"(?:i|we|he|she|\w+) (?:buy|buys|bought|order|ordered) (.+ each)[,.]? (?:how much|what)"
           r" (?:is|do|does|did|will) (?:the total|it cost|(?:i|we|he|she|\w+) (?:pay|spend))"
           r"(?: in total| altogether)?", _bill),
    _story(rf"(?:divide|split|share) {_N}{_MONEY} (?:in|into) (?:the |a )?ratio (?:of )?"
           r"(\d+(?: ?: ?\d+)+)", _ratio),
    _story(rf"(?:split|divide|share) (?:a bill of )?{_N}{_MONEY} (?:between|among|by) {_N}"
           r"(?: people| friends| ways)?(?: equally| evenly)?",
           lambda m: Solution(_show(_n(m[1]) / _n(m[2])), (f"{m[1]} / {m[2]} each.",))),
    _story(rf"(?:the )?(?:sum of )?2 numbers (?:add up to|sum to|is|have a sum of) {_N}[,]? and"
           rf" (?:their difference is|differ by|(?:have )?a difference of|the difference is) {_N}"
           r"(?:[.,]? (?:what are (?:they|the (?:2 )?numbers)|find (?:them|the numbers)))?",
           _two_numbers),
    _story(rf"([a-z]+) is (twice|double|half|triple|\d+ times) as old as ([a-z]+){_SUM}"
           rf" {_N}{_ASK_AGE}",
           _ages_times),
    _story(rf"([a-z]+) is {_N} years (older|younger) than ([a-z]+){_SUM} {_N}{_ASK_AGE}",
           _ages_gap),
    _story(rf"(?:the )?sum of (\d+) consecutive (even |odd )?(?:integers|numbers) is {_N}"
           r"(?:[.,]? (?:what are they|find (?:them|the (?:integers|numbers))|what are the \w+))?",
           _consecutive),
    _story(rf"(?:{_ASK})?(simple|compound) interest on {_N}{_MONEY} at {_N} ?(?:%|percent)"
           rf"(?: (?:a|per) year| annually| p\.?a\.?)? (?:for|over|after) {_N} years?", _interest),
    _story(rf"\w+ (?:can )?(?:paints?|does|do|builds?|finish(?:es)?|cleans?) (?:a |the )?\w+ in"
           rf" {_N} "
           rf"(?:hours?|days?)[,]? (?:and|while) \w+ (?:can )?(?:\w+ )?(?:(?:it|the same \w+)"
           rf" )?in {_N} "
           r"(hours?|days?)[,.]? how long (?:do|does|will|would) (?:they|it) (?:take|need)"
           r"(?: them)?(?: working)? together", _together),
    _story(rf"\w+ (?:has|had|have) {_N} \w+[,.]?(?: and| then)? ?(?:he |she |i |they |\w+ )?"
           rf"(?:then )?(gives?|eats?|loses?|sells?|spends?|gets?|buys?|finds?|receives?)(?:"
           rf" away)? {_N}"
           r"(?: more| of them| away| \w+)?(?: away| more| to \w+)?[,.]? how many(?: \w+)? "
           r"(?:are left|does (?:he|she|\w+) have(?: left| now)?|do (?:i|they) have(?: left| now)?"
           r"|remain)", _left),
    _story(rf"(?:{_ASK})?area of a circle (?:with|of) radius (?:of )?{_N}",
           _shape("A = π · r²", lambda r: math.pi * r * r)),
    _story(rf"(?:{_ASK})?circumference of a circle (?:with|of) radius (?:of )?{_N}",
           _shape("C = 2 · π · r", lambda r: 2 * math.pi * r)),
    _story(rf"(?:{_ASK})?area of a rectangle (?:of |with (?:sides )?)?{_N} (?:by|and|x) {_N}",
           _shape("A = a · b", lambda a, b: a * b)),
    _story(rf"(?:{_ASK})?area of a triangle with base (?:of )?{_N} and height (?:of )?{_N}",
           _shape("A = base · height / 2", lambda b, h: b * h / 2)),
    _story(rf"(?:{_ASK})?volume of a sphere (?:with|of) radius (?:of )?{_N}",
           _shape("V = 4/3 · π · r³", lambda r: 4 / 3 * math.pi * r**3)),
    _story(rf"(?:{_ASK})?volume of a cylinder with radius (?:of )?{_N} and height (?:of )?{_N}",
           _shape("V = π · r² · h", lambda r, h: math.pi * r * r * h)),
    _story(rf"(?:{_ASK})?hypotenuse of a (?:right )?triangle with (?:legs|sides) (?:of )?{_N}"
           rf" and {_N}",
           _shape("c = √(a² + b²)", math.hypot)),
)  # fmt: skip
