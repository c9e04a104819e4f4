"""Solves what is about single numbers: arithmetic, statements, primes and divisors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import sympy as sp

from integrations.models.offline.solver.expressions import (
    build,
    code,
    decimal,
    show,
    terminating,
)
from integrations.models.offline.solver.problem import Solution, Unsolved

if TYPE_CHECKING:
    from integrations.models.offline.solver.grammar import Node
    from integrations.models.offline.solver.problem import Problem

MAX_FACTORED: Final = 10**40
MAX_LISTED: Final = 500


def evaluate(problem: Problem) -> Solution:
    """Compute a value; with variables in it, simplify it."""
    node = problem.nodes[0]
    value = build(node)
    if isinstance(value, sp.MatrixBase):
        return Solution(code(sp.simplify(value)), (f"Read as `{spell(node)}`.",))
    if value.free_symbols:
        simple = sp.simplify(value)
        return Solution(
            code(simple), (f"Read as `{spell(node)}`.", "Simplified; it has no single value.")
        )
    value = sp.nsimplify(value) if value.is_Float else sp.simplify(value)
    if value.has(sp.nan, sp.zoo) or value in {sp.oo, -sp.oo}:
        raise Unsolved(f"`{spell(node)}` has no finite value: it is undefined.")
    steps = [f"Read as `{spell(node)}`.", *_readings(node)]
    if value.is_real is False:
        steps.append("It is complex; a root of a negative number means the principal one.")
    exact, approximate = _shown(value, problem)
    if approximate:
        steps.append(f"Exactly, it is {code(value)}.")
    return Solution(exact, tuple(steps))


def _shown(  # noqa: PLR0911 - one return a form
    value: Any,  # noqa: ANN401 - SymPy has no types
    problem: Problem,
) -> tuple[str, bool]:
    """Return the result as asked for, and whether it is rounded."""
    options = problem.options
    if "places" in options:
        places = min(int(options["places"]), 100)
        size = int(math.log10(abs(float(value)))) + 1 if value and abs(value) >= 1 else 1
        rounded = sp.Float(sp.N(value, size + places + 5), size + places + 5).round(places)
        return f"≈ {float(rounded):.{places}f}" if places <= 12 else f"≈ {rounded}", True  # noqa: PLR2004 - a float's own digits
    if "digits" in options:
        return f"≈ {sp.N(value, min(int(options['digits']), 100))}", not value.is_Integer
    form = options.get("form", "")
    if form == "percentage":
        return f"{terminating(value * 100) or decimal(value * 100)}%", False
    if value.is_Integer:
        return show(value), False
    if form == "fraction" and value.is_Rational:
        return code(value), False
    short = terminating(value)
    if short is not None:
        return (short if _has_decimals(problem.nodes[0]) or form else f"{show(value)} = {short}"), (
            False
        )
    if form in {"decimal", "numerically", "approximately"}:
        return f"≈ {decimal(value)}", True
    if value.is_real is False and all(part.is_Rational for part in value.as_real_imag()):
        return code(value), False
    if value.is_Atom and not value.is_Rational:
        return f"≈ {decimal(value)}", True
    return f"{code(value)} ≈ {decimal(value)}", False


def _has_decimals(node: Node) -> bool:
    return (
        node.op == "%"
        or (node.op == "num" and "." in node.value)
        or any(map(_has_decimals, node.args))
    )


def _readings(node: Node) -> list[str]:
    """Return sentences about readings that could have been others."""
    found = []
    if node.op in {"+", "-"} and node.args[1].op == "%":
        found.append("The percentage is taken of what stands before it.")
    if node.op == "call" and node.value == "log" and len(node.args) == 1:
        value = build(node.args[0])
        found.append(
            "`log` without a base is read as the natural logarithm; "
            f"with base 10 it would be {decimal(sp.log(value, 10))}."
        )
    for child in node.args:
        found += _readings(child)
    return found


def spell(node: Node) -> str:  # noqa: PLR0911 - one return an operator
    """Return a tree as a formula, with the brackets that show how it was read."""
    match node.op:
        case "num" | "name":
            return node.value
        case "call":
            return f"{node.value}({', '.join(map(spell, node.args))})"
        case "list":
            return f"[{', '.join(map(spell, node.args))}]"
        case "neg":
            return f"-{_bracketed(node.args[0])}"
        case "!" | "%":
            return f"{_bracketed(node.args[0])}{node.op}"
        case "^":
            return "^".join(map(_bracketed, node.args))
        case "*" | "/" | "mod":
            left, right = node.args
            head = spell(left) if left.op in {"*", "/", "%", "!"} else _bracketed(left)
            return f"{head} {node.op} {_bracketed(right)}"
        case _:
            left, right = node.args
            tail = _bracketed(right) if right.op in {"+", "-"} else spell(right)
            return f"{spell(left)} {node.op} {tail}"


def _bracketed(node: Node) -> str:
    text = spell(node)
    return text if node.op in {"num", "name", "call", "list", "!", "%"} else f"({text})"


def truth(problem: Problem) -> Solution:
    """Say whether a statement about numbers holds."""
    (node,) = problem.nodes
    left, right = (sp.simplify(build(a)) for a in node.args)
    gap = sp.simplify(left - right)
    holds = {
        "=": gap == 0, "!=": gap != 0, "<": gap < 0, "<=": gap <= 0, ">": gap > 0, ">=": gap >= 0,
    }[node.op]  # fmt: skip
    if holds not in (True, False):
        raise Unsolved("I cannot decide that.")
    step = f"`{spell(node.args[0])}` is {_both(left)}, `{spell(node.args[1])}` is {_both(right)}."
    return Solution("Yes, that is true" if holds else "No, that is false", (step,))


def _both(value: Any) -> str:  # noqa: ANN401 - SymPy has no types
    return show(value) if value.is_Integer else f"{code(value)} ≈ {decimal(value)}"


def _integer(problem: Problem) -> int:
    value = build(problem.nodes[0])
    if not value.is_Integer or value < 1:
        raise Unsolved("That needs a whole number of at least 1.")
    if value > MAX_FACTORED:
        raise Unsolved("That number is too long for me to factorise; I go up to 40 digits.")
    return int(value)


def is_prime(problem: Problem) -> Solution:
    """Say whether a number is prime, and show a divisor if not."""
    n = _integer(problem)
    if sp.isprime(n):
        return Solution(f"Yes, {n} is prime", ("It has no divisor but 1 and itself.",))
    if n == 1:
        return Solution("No, 1 is not prime", ("Primes have exactly two divisors.",))
    return Solution(f"No, {n} is not prime", (f"`{n} = {_product(n)}`.",))


def factor_integer(problem: Problem) -> Solution:
    """Factorise a whole number."""
    n = _integer(problem)
    return Solution(f"`{n} = {_product(n)}`", ("Divided by primes until 1 was left.",))


def _product(n: int) -> str:
    factors = sp.factorint(n)
    return " · ".join(str(p) if k == 1 else f"{p}^{k}" for p, k in sorted(factors.items())) or "1"


def divisors(problem: Problem) -> Solution:
    """List the divisors of a whole number."""
    n = _integer(problem)
    found = sp.divisors(n)
    if len(found) > MAX_LISTED:
        raise Unsolved(f"{n} has {len(found)} divisors, too many to list.")
    return Solution(", ".join(map(str, found)), (f"{n} has {len(found)} divisors.",))


def primes(problem: Problem) -> Solution:
    """List or name primes."""
    n = int(problem.options.get("n", 0))
    if problem.kind == "next_prime":
        after = _integer(problem)
        return Solution(str(sp.nextprime(after)), (f"The first prime above {after}.",))
    if problem.kind == "nth_prime":
        if not 1 <= n <= 10**6:
            raise Unsolved("I count primes from the 1st to the 1,000,000th.")
        return Solution(str(sp.prime(n)), (f"Prime number {n}, counting 2 as the first.",))
    if n:
        if n > MAX_LISTED:
            raise Unsolved(f"I list up to {MAX_LISTED} primes.")
        return Solution(", ".join(str(sp.prime(i)) for i in range(1, n + 1)))
    ends = [int(build(b)) for b in problem.bounds]
    low, high = (2, ends[0]) if len(ends) == 1 else (ends[0], ends[1] + 1)
    if high - low > 10_000 or high > 10**12:  # noqa: PLR2004 - a list for a person
        raise Unsolved("That range is too wide to list its primes.")
    found = list(sp.primerange(low, high))
    return Solution(", ".join(map(str, found)) or "none", (f"{len(found)} primes.",))


def fibonacci(problem: Problem) -> Solution:
    """Return a Fibonacci number, or the first few."""
    if "first" in problem.options:
        count = min(int(problem.options["first"]), MAX_LISTED)
        return Solution(", ".join(str(sp.fibonacci(i)) for i in range(1, count + 1)))
    n = int(problem.options.get("n") or problem.options["n2"])
    if n > 10_000:  # noqa: PLR2004 - about 2,000 digits
        raise Unsolved("I compute Fibonacci numbers up to the 10,000th.")
    return Solution(show(sp.fibonacci(n)), ("Counted from F(1) = F(2) = 1.",))
