"""Solves what is about lists of numbers: statistics and sequences."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import sympy as sp

from integrations.models.offline.solver.expressions import build, decimal, show, terminating
from integrations.models.offline.solver.problem import Solution, Unsolved

if TYPE_CHECKING:
    from integrations.models.offline.solver.problem import Problem

_FIBONACCI_TERMS: Final = 5
"""Two terms seed the rule, three check it."""


def statistics(problem: Problem) -> Solution:
    """Describe a list of numbers."""
    data = [build(n) for n in problem.nodes]
    if not all(x.is_number and x.is_real for x in data):
        raise Unsolved("Statistics need real numbers.")
    n = len(data)
    total = sum(data, sp.Integer(0))
    mean = total / n
    ordered = sorted(data)
    squares = sum(((x - mean) ** 2 for x in data), sp.Integer(0))
    measure = problem.options["measure"]
    steps = [f"{n} numbers, sum {_number(total)}."]
    match measure.removeprefix("arithmetic "):
        case "mean" | "average":
            result = _number(mean)
            steps.append(f"Mean = {_number(total)} / {n}.")
        case "median":
            middle = ordered[(n - 1) // 2 : n // 2 + 1]
            result = _number(sum(middle) / len(middle))
            steps = [f"In order: {', '.join(map(_number, ordered))}."]
        case "mode":
            counts = Counter(data)
            most = max(counts.values())
            result = ", ".join(_number(x) for x in sorted(counts) if counts[x] == most)
            steps = [f"Each comes {most} time{'s' if most > 1 else ''}."]
        case "sum" | "total":
            result = _number(total)
        case "product":
            result = _number(sp.prod(data))
            steps = [f"{n} numbers multiplied."]
        case "range":
            result = _number(ordered[-1] - ordered[0])
            steps = [f"Largest {_number(ordered[-1])} minus smallest {_number(ordered[0])}."]
        case "maximum" | "max" | "largest":
            result = _number(ordered[-1])
        case "minimum" | "min" | "smallest":
            result = _number(ordered[0])
        case _:
            return _spread(measure, n, mean, squares)
    return Solution(result, tuple(steps))


def _spread(measure: str, n: int, mean: Any, squares: Any) -> Solution:  # noqa: ANN401 - SymPy
    population, sample = squares / n, squares / (n - 1)
    if "variance" not in measure:
        population, sample = sp.sqrt(population), sp.sqrt(sample)
    steps = [f"Mean {_number(mean)}; squared distances from it sum to {_number(squares)}."]
    if "sample" in measure:
        return Solution(_number(sample), (*steps, f"Divided by n - 1 = {n - 1} (sample)."))
    if "population" in measure:
        return Solution(_number(population), (*steps, f"Divided by n = {n} (population)."))
    return Solution(
        f"{_number(population)} (population), {_number(sample)} (sample)",
        (*steps, f"Divided by n = {n} for a population, by n - 1 = {n - 1} for a sample."),
    )


def _number(value: Any) -> str:  # noqa: ANN401 - SymPy has no types
    if value.is_Integer:
        return show(value)
    return terminating(value) or f"{show(value)} ≈ {decimal(value, 6)}"


def sequence(problem: Problem) -> Solution:
    """Continue a sequence by the simplest rule that fits all its terms, if there is one."""
    terms = [build(n) for n in problem.nodes]
    if len(terms) < 3:  # noqa: PLR2004 - two terms fit any rule
        raise Unsolved("A sequence needs at least three terms before a rule shows.")
    gaps = [b - a for a, b in pairwise(terms)]
    note = "Other rules could fit too; this is the simplest."
    if len(set(gaps)) == 1:
        return Solution(show(terms[-1] + gaps[0]), (f"Each term adds {show(gaps[0])}.", note))
    if all(terms) and len({b / a for a, b in pairwise(terms)}) == 1:
        ratio = terms[1] / terms[0]
        return Solution(show(terms[-1] * ratio), (f"Each term times {show(ratio)}.", note))
    if len(terms) >= _FIBONACCI_TERMS and all(
        c == a + b for a, b, c in zip(terms, terms[1:], terms[2:], strict=False)
    ):
        return Solution(
            show(terms[-1] + terms[-2]), ("Each term is the sum of the two before it.", note)
        )
    second = [b - a for a, b in pairwise(gaps)]
    if len(second) >= 2 and len(set(second)) == 1:  # noqa: PLR2004 - one would fit anything
        return Solution(
            show(terms[-1] + gaps[-1] + second[0]),
            (f"The differences {', '.join(map(show, gaps))} grow by {show(second[0])}.", note),
        )
    raise Unsolved("I see no arithmetic, geometric, quadratic or Fibonacci rule in these terms.")
