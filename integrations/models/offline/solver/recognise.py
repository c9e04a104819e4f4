"""Recognises what a sentence asks of mathematics, or declines.

A template must account for every word of the sentence: what is left over may
change the meaning, so a sentence with an unknown word is not recognised.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from integrations.models.offline.solver.grammar import Node, NotAFormula, parse, parse_list
from integrations.models.offline.solver.problem import Problem
from integrations.models.offline.solver.wording import plain, signs

if TYPE_CHECKING:
    from collections.abc import Callable

    from integrations.models.offline.solver.problem import Kind

MAX_QUESTION: Final = 2_000

_DATE = re.compile(r"\b\d{4}-\d\d?-\d\d?\b|\b\d\d?/\d\d?/\d{2,4}\b")
_POLITE = re.compile(
    r"^(?:hi|hello|hey|please|mynah|so|ok|okay|now|and|can you|could you|would you|will you|tell me"
    r"|help me(?: to)?|i need(?: to know)?|i want to know|let's|show me|do you know)\b[\s,:!]*"
)
_ASK = re.compile(
    r"^(?:what(?:'s| is| are|s)|how much (?:is|are)|calculate|compute|evaluate|work out|find(?:"
    r" out)?"
    r"|determine|give(?: me)?|get|the (?:exact )?(?:value|result|answer|solution) (?:of|to)|the"
    r"|value of"
    r"|was ist|wie viel ist|wieviel ist|berechne|combien font|calcule|cuánto es|calcula)\b[\s:]*"
)
_TAIL = re.compile(
    r"(?:[\s,]*\b(?:please|thanks|thank you|for me|step by step|with steps|equal to|make|exactly"
    r"|show (?:your|the) (?:work|steps)|showing (?:your|the) (?:work|steps))|[\s?.=]+)$"
)


def recognise(question: str) -> Problem | None:
    """Return the problem a sentence poses, or ``None`` if that is not certain."""
    text = normal(question)
    if not text or not re.search(r"[\dπ∫∑]|\b(?:[a-zα-ω]|\w*sqrt|pi|e)\b|infinity|∞", text):
        return None
    for pattern, build in _TEMPLATES:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        try:
            return build(match)
        except (NotAFormula, RecursionError):
            continue
    return None


def normal(question: str) -> str:
    """Return the question in signs, without the words that only ask."""
    if len(question) > MAX_QUESTION:
        return ""
    text = re.sub(r"\s*\n\s*", ", ", plain(question))
    before = None
    while text != before:
        before = text
        text = _TAIL.sub("", _ASK.sub("", _POLITE.sub("", text)))
    text = signs(text)
    # "12!" keeps its sign, "now!" does not.
    return re.sub(r"(?<=[a-z]{2})!+$", "", text)


def _variables(text: str | None) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-zα-ω](?:_?\d+)?", re.sub(r"\b(?:and|the)\b", " ", text or "")))


def _formula(text: str) -> Node:
    node = parse(text)
    if node.is_relation:
        raise NotAFormula("a relation where a term is needed")
    return node


def _of(kind: Kind) -> Callable[[re.Match[str]], Problem]:
    return lambda m: Problem(kind, (_formula(m["f"]),))


def _evaluate(match: re.Match[str]) -> Problem:
    if _DATE.search(match["f"]):
        raise NotAFormula("a date")
    node = _formula(match["f"])
    if node.op == "num" or (node.op == "name" and node.names()):
        raise NotAFormula("nothing to compute")
    groups = {k: v for k, v in match.groupdict().items() if k != "f" and v}
    return Problem("evaluate", (node,), options=groups)


def _relations(match: re.Match[str]) -> Problem:
    """Read equations between commas, semicolons and "and"."""
    text = re.sub(r"\s+and\s+", ", ", match["f"])
    text = re.sub(r"^f\(([a-z])\)\s*=", "", text)
    given = match.groupdict()
    nodes = parse_list(text)
    names = _variables(given.get("v") or given.get("v2"))
    if len(nodes) > 1 and not nodes[-1].is_relation and not names:
        raise NotAFormula("a list")
    zeros = given.get("zeros")
    if not all(n.is_relation for n in nodes):
        if len(nodes) > 1 or not zeros:
            raise NotAFormula("no equation")
        nodes = (Node("=", (nodes[0], Node("num", value="0"))),)
    if not frozenset().union(*(n.names() for n in nodes)):
        if len(nodes) > 1 or names:
            raise NotAFormula("no unknown")
        return Problem("truth", nodes)
    if any(n.op != "=" for n in nodes):
        if len(nodes) > 1:
            raise NotAFormula("several inequalities")
        return Problem("inequality", nodes, names)
    return Problem("solve", nodes, names)


def _derivative(match: re.Match[str]) -> Problem:
    g = match.groupdict()
    order = _ORDINALS.get(g.get("order") or "", g.get("order") or "1").rstrip("stndrh")
    names = _variables(g.get("v"))
    bounds = (_formula(g["at"]),) if g.get("at") else ()
    return Problem("derivative", (_formula(match["f"]),), names[:1], bounds, {"order": order})


def _integral(match: re.Match[str]) -> Problem:
    g = match.groupdict()
    body = re.sub(r"\s*(?<![a-z])d([a-z])$", lambda m: f" ;{m[1]}", match["f"])
    body, _, variable = body.partition(" ;")
    names = (variable,) if variable else _variables(g.get("v"))
    low, high = g.get("a"), g.get("b")
    bounds = (_formula(low), _formula(high)) if low and high else ()
    return Problem("integral", (_formula(body),), names[:1], bounds)


def _limit(match: re.Match[str]) -> Problem:
    point, side = match["p"].strip(), match.groupdict().get("side") or ""
    if found := re.fullmatch(r"(.+?)\s*\^?\s*([+-])", point):
        point, side = found[1], {"+": "right", "-": "left"}[found[2]]
    side = {"above": "right", "below": "left"}.get(side, side)
    return Problem(
        "limit", (_formula(match["f"]),), (match["v"],), (_formula(point),), {"side": side}
    )


def _sum(kind: Kind) -> Callable[[re.Match[str]], Problem]:
    def build(match: re.Match[str]) -> Problem:
        bounds = (_formula(match["a"]), _formula(match["b"]))
        return Problem(kind, (_formula(match["f"]),), (match["v"],), bounds)

    return build


def _series(match: re.Match[str]) -> Problem:
    at = (_formula(match["at"]),) if match["at"] else ()
    return Problem(
        "series", (_formula(match["f"]),), _variables(match["v"])[:1], at,
        {"order": match["n"] or "6"},
    )  # fmt: skip


def _listed(text: str) -> tuple[Node, ...]:
    text = re.sub(r",?\s+and\s+", ", ", text.strip())
    if re.fullmatch(r"-?[\d.]+(?:\s+-?[\d.]+)+", text):
        text = re.sub(r"\s+", ", ", text)
    nodes = parse_list(text)
    if len(nodes) == 1 and nodes[0].op == "list":
        nodes = nodes[0].args
    if any(n.is_relation or n.names() or n.op == "list" for n in nodes):
        raise NotAFormula("a list of numbers is needed")
    return nodes


def _statistics(match: re.Match[str]) -> Problem:
    measure = re.sub(r"\s+", " ", match["what"])
    nodes = _listed(match["f"])
    if len(nodes) < 2:  # noqa: PLR2004 - one number is no list
        raise NotAFormula("one number")
    return Problem("statistics", nodes, options={"measure": measure})


def _sequence(match: re.Match[str]) -> Problem:
    return Problem("sequence", _listed(match["f"].rstrip(" .,…_")))


def _pair(name: str) -> Callable[[re.Match[str]], Problem]:
    return lambda m: Problem("evaluate", (Node("call", _listed(m["f"]), name),))


def _count(kind: Kind) -> Callable[[re.Match[str]], Problem]:
    def build(match: re.Match[str]) -> Problem:
        g = match.groupdict()
        bounds = tuple(_formula(g[k]) for k in ("a", "b") if g.get(k))
        options = {k: v for k, v in g.items() if v and k not in {"a", "b"}}
        return Problem(kind, (), (), bounds, options)

    return build


_ORDINALS: Final = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}
_V = r"(?:with respect to|w\.?r\.?t\.?|in|for)"
_MEASURE = (
    r"(?P<what>(?:arithmetic )?mean|average|median|mode|(?:sample |population )?variance"
    r"|(?:sample |population )?standard deviation|stdev|range|sum|total|product|maximum|minimum"
    r"|max|min|largest|smallest)"
)


def _template(
    pattern: str, build: Callable[[re.Match[str]], Problem]
) -> tuple[re.Pattern[str], Callable[[re.Match[str]], Problem]]:
    return re.compile(pattern), build


_TEMPLATES: Final = (
    # Calculus.
    _template(
        rf"(?:(?P<order>\w+) )?(?:partial )?(?:derivative|differential) of (?P<f>.+?)"
        rf"(?: {_V} (?P<v>[a-z]))?(?: at (?:[a-z] ?= ?)?(?P<at>.+))?", _derivative),
    _template(rf"differentiate (?P<f>.+?)(?: {_V} (?P<v>[a-z]))?(?: at (?:[a-z] ?= ?)?(?P<at>.+))?",
              _derivative),
    _template(r"d/d(?P<v>[a-z])\s*(?:of )?(?P<f>.+)", _derivative),
    _template(r"∫\s*_\s*(?P<a>\([^()]*\)|-?\w+)\s*\^\s*(?P<b>\([^()]*\)|-?\w+)\s*(?P<f>.+)",
              _integral),
    _template(
        r"(?:∫|(?:definite |indefinite )?integral of|integrate|antiderivative of|area"
        r" under)\s*(?P<f>.+?)"
        rf"(?: {_V} (?P<v>[a-z]))?(?:,? (?:from|between) (?:[a-z] ?= ?)?(?P<a>.+?) (?:to|and) "
        r"(?:[a-z] ?= ?)?(?P<b>.+?))?(?: d(?P<v2>[a-z]))?", _integral),
    _template(
        r"lim(?:it)?(?: of)? (?P<f>.+?),? (?:as|when|for) (?P<v>[a-z])\s*(?:->|approaches|tends to"
        r"|goes to|=)\s*(?P<p>.+?)(?: from (?:the )?(?P<side>left|right|above|below))?", _limit),
    _template(r"lim(?:it)?\s*(?:as )?_?\s*\(?\s*(?P<v>[a-z])\s*->\s*(?P<p>[-+]?\w+[+-]?)\s*\)?\s*"
              r"(?:of )?(?P<f>.+)", _limit),
    _template(r"(?:taylor |maclaurin |power )(?:series|expansion|polynomial)(?: expansion)? "
              r"(?:of|for) "
              rf"(?P<f>.+?)(?: {_V} (?P<v>[a-z]))?(?: (?:at|around|about) (?:[a-z] ?="
              rf" ?)?(?P<at>\S+))?"
              r"(?: (?:to|up to)(?: the)? order (?P<n>\d{1,2}))?", _series),
    # Sums and products with an index.
    _template(r"(?:sum|∑)(?: of)? (?P<f>.+?)[,]? (?:for |from |over )(?P<v>[a-z])\s*(?:=| from )\s*"
              r"(?P<a>.+?)\s*(?:to|\.\.+|…)\s*(?P<b>.+)", _sum("sum")),
    _template(r"(?:sum|∑)(?: of)? (?P<f>.+?), (?P<v>[a-z])\s*=\s*(?P<a>.+?)\s*(?:to|\.\.+"
              r"|…)\s*(?P<b>.+)",
              _sum("sum")),
    _template(r"(?:sum|∑) (?:from )?(?P<v>[a-z])\s*=\s*(?P<a>\S+) to (?P<b>\S+) of (?P<f>.+)",
              _sum("sum")),
    _template(r"∑\s*_\s*\(\s*(?P<v>[a-z])\s*=\s*(?P<a>[^()]+)\)\s*\^\s*(?P<b>\([^()]*\)"
              r"|-?\w+)\s*(?P<f>.+)",
              _sum("sum")),
    _template(r"product(?: of)? (?P<f>.+?) for (?P<v>[a-z])\s*(?:=| from"
              r" )\s*(?P<a>.+?)\s*to\s*(?P<b>.+)",
              _sum("product")),
    # Algebra.
    _template(r"(?:simplify|reduce)(?: the (?:expression|fraction))? (?P<f>.+)", _of("simplify")),
    _template(r"(?:expand|multiply out)(?: the expression)? (?P<f>.+)", _of("expand")),
    _template(r"(?:prime factors|prime factori[sz]ation|factors? into primes) of (?P<f>\d+)",
              _of("factor_integer")),
    _template(r"(?:factor(?:i[sz]e)?|factori[sz]ation of) (?P<f>\d+)(?: into primes?(?:"
              r" factors)?)?",
              _of("factor_integer")),
    _template(r"factor(?:i[sz]e)?(?: the (?:expression|polynomial))? (?P<f>.+)", _of("factor")),
    _template(r"partial fractions? (?:decomposition )?(?:of|for) (?P<f>.+)", _of("apart")),
    # Matrices.
    _template(r"(?:determinant|det)(?: of)?\s*(?P<f>[\[(].+)", _of("determinant")),
    _template(r"(?:inverse|inv)(?: of)?(?: the matrix)? (?P<f>\[.+)", _of("inverse")),
    _template(r"invert(?: the matrix)? (?P<f>\[.+)", _of("inverse")),
    _template(r"eigen-?(?:values|vectors|values and eigenvectors) of(?: the matrix)? (?P<f>\[.+)",
              _of("eigenvalues")),
    _template(r"rank of(?: the matrix)? (?P<f>\[.+)", _of("rank")),
    _template(r"transpose(?: of)?(?: the matrix)? (?P<f>\[.+)", _of("transpose")),
    _template(r"trace of(?: the matrix)? (?P<f>\[.+)", _of("trace")),
    _template(r"(?:reduced )?(?:row echelon form|rref) of(?: the matrix)? (?P<f>\[.+)",
              _of("rref")),
    # Whole numbers.
    _template(r"is (?:the number )?(?P<f>\d+)(?: a)? prime(?: number)?", _of("is_prime")),
    _template(r"(?:next )(?:bigger |larger )?prime(?: number)? after (?P<f>\d+)",
              _of("next_prime")),
    _template(r"(?:all )?(?:the )?(?:divisors|factors) of (?P<f>\d+)", _of("divisors")),
    _template(r"(?P<n>\d+)(?:st|nd|rd|th) prime(?: number)?", _count("nth_prime")),
    _template(r"first (?P<n>\d+) prime(?: number)?s?", _count("primes")),
    _template(r"(?:all )?(?:the )?prime(?: number)?s (?:below|under|<|up to) (?P<b>\d+)",
              _count("primes")),
    _template(r"(?:all )?(?:the )?prime(?: number)?s (?:between|from) (?P<a>\d+) (?:and|to)"
              r" (?P<b>\d+)",
              _count("primes")),
    _template(r"(?P<n>\d+)(?:st|nd|rd|th) fibonacci(?: number)?|fibonacci(?: number)? (?P<n2>\d+)",
              _count("fibonacci")),
    _template(r"first (?P<first>\d+) fibonacci numbers?", _count("fibonacci")),
    _template(r"(?:gcd|hcf|greatest common divisor|highest common factor|greatest common factor) "
              r"(?:of )?(?P<f>[\d\s,and]+)", _pair("gcd")),
    _template(r"(?:lcm|least common multiple|lowest common multiple) (?:of )?(?P<f>[\d\s,and]+)",
              _pair("lcm")),
    _template(r"remainder (?:of|when)(?: dividing)? (?P<f>\d+ (?:/|is divided by|divided by|by)"
              r" \d+)",
              lambda m: Problem("evaluate", (_formula(
                  re.sub(r"\s(?:/|is divided by|divided by|by)\s", " mod ", m["f"])),))),
    # Lists of numbers.
    _template(rf"{_MEASURE} (?:of|for)(?: the)?(?: numbers?| list| values?| data(?: set)?)?:?"
              rf" ?(?P<f>.+)",
              _statistics),
    _template(rf"{_MEASURE}\s*[\[(](?P<f>[^\[\]()]+)[\])]", _statistics),
    _template(r"(?:next (?:number|term)|number comes next|comes next|next)"
              r"(?: (?:in|of)(?: the)?(?: sequence| series)?)?:? ?(?P<f>-?\d.*)", _sequence),
    _template(r"continue(?: the)?(?: sequence| series)?:? ?(?P<f>-?\d.*)", _sequence),
    _template(r"difference (?:of|between) (?P<a>[^ ]+) and (?P<b>[^ ]+)",
              lambda m: Problem("evaluate", (Node("-", (_formula(m["a"]), _formula(m["b"]))),))),
    _template(r"quotient of (?P<a>[^ ]+) and (?P<b>[^ ]+)",
              lambda m: Problem("evaluate", (Node("/", (_formula(m["a"]), _formula(m["b"]))),))),
    # Equations and inequalities.
    _template(r"(?P<zeros>roots?|zeros?|zeroes) of (?:the )?(?:polynomial |equation |function"
              r" )?(?P<f>.+)",
              _relations),
    _template(r"(?:solve|for (?:which|what)(?: values? of)?|(?:value|values) of)\s*(?:for"
              r" )?(?P<v>[a-z])"
              r"(?:\s*[:,]|,? (?:if|when|given(?: that)?|such that|in|is))\s*(?P<f>.+)",
              _relations),
    _template(r"(?P<v>[a-z](?:(?:,| and) ?[a-z])*) (?:if|when|given(?: that)?|such that) (?P<f>.+)",
              _relations),
    _template(r"(?:solve|solutions? (?:of|to)|resolve|löse|résoudre|résous|resuelve)"
              r"(?: the)?(?: (?:simultaneous|linear|quadratic))?(?: equations?| system|"
              r" inequality)?"
              r"(?: of equations)?:? ?(?P<f>.+?)(?:,? for (?P<v>[a-z](?:(?:,| and|, and)"
              r" ?[a-z])*))?",
              _relations),
    _template(r"(?:is |does |is it true that )(?P<f>[^a-z]*(?:sqrt|pi|e|\bcbrt)?[^a-z]*)",
              _relations),
    _template(r"(?P<f>.+[=<>].+)", _relations),
    # Plain arithmetic, with how to show it.
    _template(r"(?P<f>.+?),? (?:rounded |correct |accurate )?(?:to|with) (?P<places>\d{1,3}) "
              r"(?:decimal places?|decimals?|d\.?p\.?|places)", _evaluate),
    _template(r"(?P<f>.+?),? (?:rounded |correct |accurate )?(?:to|with) (?P<digits>\d{1,3}) "
              r"(?:significant )?(?:digits?|figures?|sig ?figs?)", _evaluate),
    _template(r"(?P<f>.+?),? (?:as|in) (?:a |an )?(?P<form>fraction|decimal|percentage)(?: form)?",
              _evaluate),
    _template(r"(?P<f>.+?),? (?P<form>numerically|approximately)", _evaluate),
    _template(r"(?P<f>.+)", _evaluate),
)  # fmt: skip
"""The first template whose pattern fits and whose formulas parse is meant."""
