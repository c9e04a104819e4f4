"""Builds SymPy expressions from the grammar's trees, and shows them to people.

Nothing here evaluates text. Sizes are estimated before a power or a factorial
is computed, because the result may not fit into any memory.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

import sympy as sp

from integrations.models.offline.solver.problem import Unsolved

if TYPE_CHECKING:
    from integrations.models.offline.solver.grammar import Node

MAX_DIGITS: Final = 3_000
"""Digits of the longest whole number computed."""
MAX_MATRIX: Final = 8
"""Rows and columns of the largest matrix."""
SHOWN_DIGITS: Final = 120

_CONSTANTS: Final = {"pi": sp.pi, "e": sp.E, "i": sp.I, "oo": sp.oo, "tau": 2 * sp.pi}
_ONE: Final = {
    "sin": sp.sin, "cos": sp.cos, "tan": sp.tan, "sec": sp.sec, "csc": sp.csc, "cot": sp.cot,
    "asin": sp.asin, "acos": sp.acos, "atan": sp.atan, "arcsin": sp.asin, "arccos": sp.acos,
    "arctan": sp.atan, "sinh": sp.sinh, "cosh": sp.cosh, "tanh": sp.tanh, "exp": sp.exp,
    "ln": sp.log, "sqrt": sp.sqrt, "cbrt": sp.cbrt, "abs": sp.Abs, "floor": sp.floor,
    "ceil": sp.ceiling, "ceiling": sp.ceiling, "gamma": sp.gamma, "sign": sp.sign,
}  # fmt: skip
_RELATIONS: Final = {
    "=": sp.Eq, "<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge, "!=": sp.Ne,
}  # fmt: skip


def symbol(name: str) -> Any:  # noqa: ANN401 - SymPy has no types
    """Return the variable of a name."""
    return sp.Symbol(name)


def build(node: Node) -> Any:  # noqa: ANN401 - SymPy has no types
    """Return the SymPy expression of a tree.

    Raises:
        Unsolved: if a number in it would be too long, or an operation makes no sense.
    """
    if node.op == "num":
        return _literal(node.value)
    if node.op == "name":
        return _CONSTANTS.get(node.value, None) or symbol(node.value)
    if node.op == "list":
        return _matrix(node)
    if node.op in {"+", "-"} and node.args[1].op == "%":
        # "80 + 12%" adds the share of what stands before it.
        base, share = build(node.args[0]), build(node.args[1])
        return base * (1 + share) if node.op == "+" else base * (1 - share)
    args = [build(a) for a in node.args]
    if node.op in _RELATIONS:
        return _RELATIONS[node.op](*args, evaluate=False)
    try:
        return _apply(node, args)
    except (TypeError, ValueError, sp.ShapeError, NotImplementedError) as error:
        raise Unsolved("That operation is not defined for these operands.") from error


def _apply(node: Node, args: list[Any]) -> Any:  # noqa: ANN401, C901, PLR0911 - one return an operator
    match node.op, args:
        case "neg", [a]:
            return -a
        case "%", [a]:
            return a / 100
        case "!", [a]:
            return _factorial(a)
        case "+", [a, b]:
            return a + b
        case "-", [a, b]:
            return a - b
        case "*", [a, b]:
            return a * b
        case "/", [a, b]:
            if b == 0:
                raise Unsolved("Division by zero is undefined.")
            return a * b**-1 if isinstance(b, sp.MatrixBase) else a / b
        case "mod", [a, b]:
            if b == 0:
                raise Unsolved("A remainder of division by zero is undefined.")
            return sp.Mod(a, b)
        case "^", [a, b]:
            return _power(a, b)
        case _:
            return _call(node.value, args)


def _call(name: str, args: list[Any]) -> Any:  # noqa: ANN401, PLR0911 - one return a function
    if name in _ONE:
        (argument,) = args
        return _power(sp.E, argument) if name == "exp" else _ONE[name](argument)
    match name, args:
        case "log", [a, *base]:
            return sp.log(a, *base)
        case "root", [a, n]:
            return sp.root(a, n)
        case "factorial", [a]:
            return _factorial(a)
        case "phi", [n]:
            return sp.totient(_whole(n, name, 10**15))
        case "binomial" | "permutations", [n, k]:
            n, k = _whole(n, name, 10**6), _whole(k, name, 10**6)
            if k * math.log10(max(n, 2)) > MAX_DIGITS:
                raise Unsolved(_too_long(int(k * math.log10(max(n, 2)))))
            return sp.Integer(math.comb(n, k) if name == "binomial" else math.perm(n, k))
        case "gcd" | "lcm", _:
            numbers = [_whole(a, name, 10**300) for a in args]
            return sp.Integer((math.gcd if name == "gcd" else math.lcm)(*numbers))
        case "min" | "max", _:
            return (sp.Min if name == "min" else sp.Max)(*args)
    raise Unsolved(f"I don't know the function {name}.")


def _literal(text: str) -> Any:  # noqa: ANN401 - SymPy has no types
    mantissa, _, exponent = text.partition("e")
    # Decimals are kept exact: 0.1 is one tenth.
    number = sp.Rational(mantissa)
    return number * sp.Integer(10) ** int(exponent) if exponent else number


def _factorial(n: Any) -> Any:  # noqa: ANN401 - SymPy has no types
    if n.is_number:
        whole = _whole(n, "factorial", 10**12)
        digits = math.lgamma(whole + 1) / math.log(10)
        if digits > MAX_DIGITS:
            raise Unsolved(_too_long(int(digits)))
    return sp.factorial(n)


def _power(base: Any, exponent: Any) -> Any:  # noqa: ANN401 - SymPy has no types
    if isinstance(base, sp.MatrixBase):
        return base ** _whole(exponent, "power of a matrix", 100)
    if base == 0 and exponent == 0:
        raise Unsolved("0^0 is undefined as a limit and 1 by convention; say which you mean.")
    if base == 0 and exponent.is_number and exponent.is_negative:
        raise Unsolved("Division by zero is undefined.")
    if exponent.is_number and exponent.is_finite:
        size = abs(complex(exponent.evalf(15)))
        if base.is_Rational:
            largest = max(abs(base.p), base.q)
            digits = size * math.log10(largest) if largest > 1 else 0.0
            if digits > MAX_DIGITS:
                raise Unsolved(_too_long(digits))
        elif size > 10**6:
            raise Unsolved("The exponent is too large to work with.")
    return base**exponent


def _too_long(digits: float) -> str:
    about = f"{digits:,.0f}" if digits < 10**15 else f"{digits:.3g}"
    return (
        f"The result would have about {about} digits; I compute whole numbers "
        f"of up to {MAX_DIGITS:,}."
    )


def _whole(value: Any, what: str, most: int) -> int:  # noqa: ANN401 - SymPy has no types
    if not getattr(value, "is_Integer", False) or value < 0:
        raise Unsolved(f"A {what} needs whole numbers that are not negative.")
    if value > most:
        raise Unsolved(f"{value} is too large for a {what} here.")
    return int(value)


def _matrix(node: Node) -> Any:  # noqa: ANN401 - SymPy has no types
    rows = [[build(c) for c in r.args] if r.op == "list" else [build(r)] for r in node.args]
    if len({len(r) for r in rows}) != 1:
        raise Unsolved("The rows of a matrix must have the same length.")
    if len(rows) > MAX_MATRIX or len(rows[0]) > MAX_MATRIX:
        raise Unsolved(f"I work with matrices of up to {MAX_MATRIX} × {MAX_MATRIX}.")
    return sp.Matrix(rows)


# How expressions are shown.


def show(value: Any) -> str:  # noqa: ANN401 - SymPy has no types
    """Return an expression as people type it, without backticks."""
    if isinstance(value, sp.MatrixBase):
        rows = ", ".join(f"[{', '.join(show(c) for c in value.row(i))}]" for i in range(value.rows))
        return f"[{rows}]"
    if isinstance(value, sp.core.relational.Relational):
        sign = {"==": "=", "<=": "≤", ">=": "≥", "!=": "≠"}.get(value.rel_op, value.rel_op)
        return f"{show(value.lhs)} {sign} {show(value.rhs)}"
    if value.is_Integer and len(str(value)) > SHOWN_DIGITS:
        digits = str(abs(value))
        sign = "-" if value < 0 else ""
        return f"{sign}{digits[:50]}…{digits[-20:]} ({len(digits):,} digits)"
    text = sp.sstr(value, order=None).replace("**", "^")
    text = re.sub(r"\boo\b", "∞", re.sub(r"\bzoo\b", "undefined", text))
    text = re.sub(r"\bE\b", "e", re.sub(r"\bI\b", "i", text))
    text = re.sub(r"\blog\(", "ln(", text).replace("Abs(", "abs(").replace(")*(", ")(")
    # "2*x" reads better as "2x"; a denominator or an exponent keeps its sign.
    text = re.sub(r"(?<![\w.^/)])(\d+)\*(?=[a-zA-Z(])", r"\1", text)
    return text if len(text) <= 1_500 else f"{text[:1_500]}…"  # noqa: PLR2004 - fits a message


def code(value: Any) -> str:  # noqa: ANN401 - SymPy has no types
    """Return an expression between backticks."""
    return f"`{show(value)}`"


def decimal(value: Any, digits: int = 10) -> str:  # noqa: ANN401 - SymPy has no types
    """Return a number in decimal, rounded to so many significant digits."""
    number = sp.N(value, digits)
    if number.is_real is False:
        real, imaginary = number.as_real_imag()
        if real == 0:
            return f"{decimal(imaginary, digits)}i"
        sign = "-" if imaginary < 0 else "+"
        return f"{decimal(real, digits)} {sign} {decimal(abs(imaginary), digits)}i"
    text = str(sp.sstr(number, full_prec=False))
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text


def terminating(value: Any) -> str | None:  # noqa: ANN401 - SymPy has no types
    """Return a rational as an exact decimal if it has one of at most 12 places."""
    if not value.is_Rational or value.is_Integer:
        return None
    q, places = int(value.q), 0
    for prime in (2, 5):
        count = 0
        while q % prime == 0:
            q //= prime
            count += 1
        places = max(places, count)
    if q != 1 or places > 12:  # noqa: PLR2004 - longer ones are read as fractions
        return None
    scaled = str(abs(value.p) * 10**places // value.q).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{scaled[:-places]}.{scaled[-places:]}"
