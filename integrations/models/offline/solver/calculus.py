"""Solves derivatives, integrals, limits, sums and series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from integrations.models.offline.solver.expressions import build, code, decimal, show, symbol
from integrations.models.offline.solver.numbers import spell
from integrations.models.offline.solver.problem import Solution, Unsolved

if TYPE_CHECKING:
    from integrations.models.offline.solver.problem import Problem


def _variable(problem: Problem, term: Any) -> Any:  # noqa: ANN401 - SymPy has no types
    if problem.names:
        return symbol(problem.names[0])
    free = sorted(term.free_symbols, key=str)
    if len(free) > 1:
        x = symbol("x")
        if x in free:
            return x
        raise Unsolved("Say with respect to which variable.")
    return free[0] if free else symbol("x")


def derivative(problem: Problem) -> Solution:
    """Differentiate, naming the rules used; put in a point where one is given."""
    (node,) = problem.nodes
    term = build(node)
    x = _variable(problem, term)
    if not problem.options["order"].isdigit() or int(problem.options["order"]) > 10:  # noqa: PLR2004 - no one reads more
        raise Unsolved("I take derivatives from the first to the tenth.")
    order = int(problem.options["order"])
    result = sp.simplify(sp.diff(term, x, order))
    times = "" if order == 1 else f" {order} times"
    steps = [f"Read as `{spell(node)}`, differentiated{times} with respect to `{x}`."]
    if rules := _rules(term, x):
        steps.append(f"Rules: {', '.join(rules)}.")
    if problem.bounds:
        at = build(problem.bounds[0])
        value = sp.simplify(result.subs(x, at))
        steps += [f"Derivative: {code(result)}.", f"Put in `{x} = {show(at)}`."]
        return Solution(_value(value), tuple(steps))
    return Solution(code(result), tuple(steps))


def _rules(term: Any, x: Any) -> list[str]:  # noqa: ANN401 - SymPy has no types
    """Return the rules of differentiation that the term calls for."""
    rules = {
        "sum rule (term by term)": term.is_Add,
        "product rule": any(
            sum(a.has(x) for a in part.args) > 1 for part in {term, *term.args} if part.is_Mul
        ),
        "power rule": any(p.base == x for p in term.atoms(sp.Pow)),
        "chain rule": any(
            f.args and f.args[0] != x and f.has(x)
            for f in term.atoms(sp.Function) | {p for p in term.atoms(sp.Pow) if p.base != x}
        ),
    }
    return [rule for rule, used in rules.items() if used]


def integral(problem: Problem) -> Solution:
    """Integrate; an antiderivative is checked by differentiating it."""
    (node,) = problem.nodes
    term = build(node)
    x = _variable(problem, term)
    read = f"Read as `{spell(node)}`, integrated over `{x}`"
    if problem.bounds:
        low, high = (build(b) for b in problem.bounds)
        result = sp.simplify(sp.integrate(term, (x, low, high)))
        whole = sp.integrate(term, x)
        steps = [f"{read} from {code(low)} to {code(high)}."]
        if result.has(sp.Integral):
            steps.append("There is no closed form; computed numerically.")
            return Solution(f"≈ {decimal(result)}", tuple(steps))
        if result in {sp.oo, -sp.oo} or result.has(sp.nan, sp.zoo):
            return Solution("The integral diverges", tuple(steps))
        if not whole.has(sp.Integral):
            steps.append(f"Antiderivative: {code(whole)}, taken between the limits.")
        return Solution(_value(result), tuple(steps))
    result = sp.integrate(term, x)
    if result.has(sp.Integral):
        raise Unsolved("I find no closed form for that integral.")
    steps = [f"{read}."]
    if sp.simplify(sp.diff(result, x) - term) == 0:
        steps.append(f"Check: the derivative of {code(result)} is {code(term)} ✓")
    return Solution(f"`{show(result)} + C`", tuple(steps))


def limit(problem: Problem) -> Solution:
    """Take a limit; without a side named, both sides must agree."""
    (node,) = problem.nodes
    term, x, point = build(node), symbol(problem.names[0]), build(problem.bounds[0])
    side = problem.options.get("side", "")
    read = f"Read as `{spell(node)}` for `{x}` → {code(point)}"
    if side or point in {sp.oo, -sp.oo}:
        result = sp.limit(term, x, point, {"left": "-", "right": "+"}.get(side, "+"))
        read += f" from the {side}." if side else "."
    else:
        result, left = sp.limit(term, x, point, "+"), sp.limit(term, x, point, "-")
        if result != left:
            return Solution(
                "The limit does not exist",
                (f"{read}.", f"From the left {code(left)}, from the right {code(result)}."),
            )
        read += ", the same from both sides."
    if result.has(sp.Limit, sp.AccumBounds, sp.nan):
        return Solution("The limit does not exist", (read,))
    return Solution(_value(result), (read,))


def total(problem: Problem) -> Solution:
    """Sum or multiply over an index."""
    (node,) = problem.nodes
    term, k = build(node), symbol(problem.names[0])
    low, high = (build(b) for b in problem.bounds)
    whole = sp.summation if problem.kind == "sum" else sp.product
    result = sp.simplify(whole(term, (k, low, high)))
    word = "summed" if problem.kind == "sum" else "multiplied"
    read = f"Read as `{spell(node)}`, {word} for `{k}` from {code(low)} to {code(high)}."
    if result.has(sp.Sum, sp.Product):
        raise Unsolved("I find no closed form for that.")
    if result in {sp.oo, -sp.oo}:
        return Solution("It diverges", (read,))
    shown = sp.factor(result) if result.free_symbols else result
    return Solution(_value(shown), (read,))


def series(problem: Problem) -> Solution:
    """Expand into a power series."""
    (node,) = problem.nodes
    term = build(node)
    x = _variable(problem, term)
    at = build(problem.bounds[0]) if problem.bounds else sp.Integer(0)
    order = int(problem.options["order"])
    if order > 20:  # noqa: PLR2004 - no one reads more
        raise Unsolved("I expand up to order 20.")
    result = sp.series(term, x, at, order + 1)
    if at == 0:
        polynomial = sp.Poly(result.removeO(), x) if result.removeO().is_polynomial(x) else None
        if polynomial is not None:
            terms = sorted(polynomial.terms())
            spelt = " + ".join(show(c * x ** m[0]) for m, c in terms).replace("+ -", "- ")
            result_text = f"{spelt or '0'} + O({x}^{order + 1})"
            return Solution(
                f"`{result_text}`", (f"`{spell(node)}` around 0, up to order {order}.",)
            )
    return Solution(
        code(result), (f"`{spell(node)}` around `{x} = {show(at)}`, up to order {order}.",)
    )


def _value(value: Any) -> str:  # noqa: ANN401 - SymPy has no types
    if value.is_Rational or value.free_symbols or not value.is_finite:
        return code(value)
    return f"{code(value)} ≈ {decimal(value)}"
