"""Reads a formula into a tree. No text ever reaches ``eval``.

Decides what is a formula by a fixed grammar of numbers, operators, known
functions and one-letter variables. Anything else is not a formula.

    relation := sum [("=" | "<" | "<=" | ">" | ">=" | "!=") sum]
    sum      := term (("+" | "-") term)*
    term     := unary (("*" | "/" | "mod" | "of" | nothing) unary)*
    unary    := ("-" | "+") unary | power
    power    := postfix ["^" unary]
    postfix  := atom ("!" | "%")*
    atom     := number | name | function arguments | "(" sum ")" | "[" list "]" | "|" sum "|"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_CHARS: Final = 2_000
MAX_NODES: Final = 600
MAX_DEPTH: Final = 40
MAX_NUMBER: Final = 400
"""Digits of one literal."""

FUNCTIONS: Final = {
    "sin": 1, "cos": 1, "tan": 1, "sec": 1, "csc": 1, "cot": 1,
    "asin": 1, "acos": 1, "atan": 1, "arcsin": 1, "arccos": 1, "arctan": 1,
    "sinh": 1, "cosh": 1, "tanh": 1, "exp": 1, "ln": 1, "log": 2, "sqrt": 1, "cbrt": 1,
    "root": 2, "abs": 1, "floor": 1, "ceil": 1, "ceiling": 1, "factorial": 1, "gamma": 1,
    "binomial": 2, "permutations": 2, "gcd": 9, "lcm": 9, "min": 9, "max": 9, "phi": 1, "sign": 1,
}  # fmt: skip
"""Known functions, with the largest number of arguments each takes."""

CONSTANTS: Final = {"pi": "pi", "π": "pi", "e": "e", "i": "i", "infinity": "oo", "∞": "oo",
                    "oo": "oo", "inf": "oo", "tau": "tau"}  # fmt: skip
GREEK: Final = frozenset(
    ["alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "omega", "sigma", "rho"]
)
_PRODUCTS = re.compile(r"(?:[abckmnpq]?[xyz]{1,3}|abc?|bc|ac|mx|mc)\Z")
_NO_PRODUCTS = frozenset({"by", "my"})

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[+-]?\d{1,3}(?![\w.]))?|\.\d+)"
    r"|(?P<name>[^\W\d_]+(?:_?\d+)?)"
    r"|(?P<op>\*\*|<=|>=|!=|==|[-+*/^!%()\[\]|,;=<>]))"
)
_RELATIONS = frozenset({"=", "<", "<=", ">", ">=", "!="})


class NotAFormula(ValueError):  # noqa: N818 - it is an answer, not a fault
    """The text is not a formula of this grammar."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a formula's tree.

    Attributes:
        op: "num", "name", "call", "list", "neg", "!", "%", "|" or an infix operator.
        args: its operands.
        value: the literal, the name, or the function's name.
    """

    op: str
    args: tuple[Node, ...] = ()
    value: str = ""

    def names(self) -> frozenset[str]:
        """Return the variables in the tree, constants left out."""
        found = {self.value} if self.op == "name" and self.value not in CONSTANTS else set()
        return frozenset(found.union(*(a.names() for a in self.args)))

    @property
    def is_relation(self) -> bool:
        """Whether it is an equation or an inequality."""
        return self.op in _RELATIONS


def parse(text: str) -> Node:
    """Read a whole text as one formula or relation.

    Raises:
        NotAFormula: if it is anything else, or too large.
    """
    reader = _Reader(_tokens(text))
    node = reader.relation()
    reader.end()
    return node


def parse_list(text: str) -> tuple[Node, ...]:
    """Read formulas between commas.

    Raises:
        NotAFormula: if any is not one.
    """
    reader = _Reader(_tokens(text))
    nodes = reader.listed(relations=True)
    reader.end()
    return nodes


def _tokens(text: str) -> list[tuple[str, str]]:
    if len(text) > MAX_CHARS:
        raise NotAFormula("too long")
    tokens: list[tuple[str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(match[0]) > MAX_NUMBER:
            raise NotAFormula(f"{text[at : at + 20]!r}")
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "name":
            tokens += _split_name(value)
        else:
            tokens.append((kind, {"**": "^", "==": "="}.get(value, value)))
        at = match.end()
    if len(tokens) > MAX_NODES:
        raise NotAFormula("too long")
    return tokens


def _split_name(value: str) -> list[tuple[str, str]]:
    lowered = value.lower()
    bare = lowered.rstrip("0123456789").rstrip("_")
    if lowered in FUNCTIONS:
        tokens = [("function", lowered)]
    elif lowered in {"mod", "of"}:
        tokens = [("op", lowered)]
    elif bare == "log":
        tokens = [("function", "log"), ("base", lowered[len(bare) :].lstrip("_"))]
    elif lowered in CONSTANTS:
        tokens = [("name", CONSTANTS[lowered])]
    elif len(bare) == 1 or bare in GREEK:
        tokens = [("name", lowered)]
    elif _PRODUCTS.match(lowered) and lowered not in _NO_PRODUCTS:
        tokens = [("name", letter) for letter in lowered]
    else:
        raise NotAFormula(f"the word {value!r}")
    return tokens


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._bars = 0

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self, *ops: str) -> str:
        kind, value = self._peek()
        if kind == "op" and value in ops:
            self._at += 1
            return value
        return ""

    def _need(self, op: str) -> None:
        if not self._take(op):
            raise NotAFormula(f"{op!r} is missing")

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise NotAFormula(f"{self._peek()[1]!r}")

    def relation(self) -> Node:
        left = self.sum()
        op = self._take(*_RELATIONS)
        return Node(op, (left, self.sum())) if op else left

    def listed(self, *, relations: bool = False) -> tuple[Node, ...]:
        read = self.relation if relations else self.sum
        nodes = [read()]
        while self._take(",", ";"):
            nodes.append(read())
        return tuple(nodes)

    def sum(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotAFormula("nested too deeply")
        node = self._term()
        while op := self._take("+", "-"):
            node = Node(op, (node, self._term()))
        self._depth -= 1
        return node

    def _term(self) -> Node:
        node = self._unary()
        while True:
            if op := self._take("*", "/", "mod", "of"):
                if op == "of" and not _is_share(node):
                    raise NotAFormula("'of' after what is no share")
                right = self._unary()
                node = Node("*" if op == "of" else op, (node, right))
            elif self._starts_factor():
                node = Node("*", (node, self._power()))
            else:
                return node

    def _starts_factor(self) -> bool:
        kind, value = self._peek()
        return kind in {"name", "function"} or (kind == "op" and value == "(")

    def _unary(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotAFormula("nested too deeply")
        op = self._take("-", "+")
        if op:
            inner = self._unary()
            node = Node("neg", (inner,)) if op == "-" else inner
        else:
            node = self._power()
        self._depth -= 1
        return node

    def _power(self) -> Node:
        base = self._postfix()
        return Node("^", (base, self._unary())) if self._take("^") else base

    def _postfix(self) -> Node:
        node = self._atom()
        while True:
            if self._take("!"):
                node = Node("!", (node,))
            elif self._peek() == ("op", "%"):
                self._at += 1
                # "17 % 5" is a remainder, "17% of 5" and "17%" are shares.
                if self._peek()[0] == "number":
                    return Node("mod", (node, self._postfix()))
                node = Node("%", (node,))
            else:
                return node

    def _atom(self) -> Node:
        kind, value = self._peek()
        if kind == "number":
            self._at += 1
            if self._peek()[0] == "number":
                raise NotAFormula("two numbers side by side")
            return Node("num", value=value.replace(",", ""))
        if kind == "name":
            self._at += 1
            return Node("name", value=value)
        if kind == "function":
            return self._call()
        if self._take("("):
            node = self.sum()
            self._need(")")
            return node
        if self._take("["):
            nodes = self.listed()
            self._need("]")
            return Node("list", nodes)
        if self._bars == 0 and self._take("|"):
            self._bars += 1
            node = self.sum()
            self._need("|")
            self._bars -= 1
            return Node("call", (node,), "abs")
        raise NotAFormula(f"{value!r}" if value else "it ends too early")

    def _call(self) -> Node:
        _, name = self._peek()
        self._at += 1
        base: tuple[Node, ...] = ()
        if self._peek()[0] == "base":
            base = (Node("num", value=self._peek()[1]),)
            self._at += 1
        power = self._unary() if self._take("^") else None
        if self._take("("):
            args = self.listed()
            self._need(")")
        else:
            # "sin 2x" takes the factors that follow; "sqrt 16 + 9" stops at the sign.
            arg = self._power()
            while self._peek()[0] == "name":
                arg = Node("*", (arg, self._power()))
            args = (arg,)
        args += base
        if len(args) > FUNCTIONS[name] or (
            FUNCTIONS[name] == 2 and name != "log" and len(args) != 2  # noqa: PLR2004 - two are two
        ):
            raise NotAFormula(f"{name} with {len(args)} arguments")
        call = Node("call", args, name)
        return Node("^", (call, power)) if power else call


def _is_share(node: Node) -> bool:
    """Tell whether "… of 80" makes sense: a percentage or a fraction."""
    return node.op in {"%", "/"} or (node.op == "num" and "." in node.value)
