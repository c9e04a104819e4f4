"""Hands a problem to what can solve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integrations.models.offline.solver import algebra, calculus, data, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from integrations.models.offline.solver.problem import Kind, Problem, Solution


def solve(problem: Problem) -> Solution:
    """Solve a problem.

    Raises:
        Unsolved: if it has no answer here; the message says why.
    """
    return _BY_KIND[problem.kind](problem)


_BY_KIND: Final[Mapping[Kind, Callable[[Problem], Solution]]] = {
    "evaluate": numbers.evaluate,
    "truth": numbers.truth,
    "is_prime": numbers.is_prime,
    "factor_integer": numbers.factor_integer,
    "divisors": numbers.divisors,
    "next_prime": numbers.primes,
    "nth_prime": numbers.primes,
    "primes": numbers.primes,
    "fibonacci": numbers.fibonacci,
    "statistics": data.statistics,
    "sequence": data.sequence,
    "solve": algebra.solve,
    "inequality": algebra.inequality,
    "simplify": algebra.rewrite,
    "expand": algebra.rewrite,
    "factor": algebra.rewrite,
    "apart": algebra.rewrite,
    "determinant": algebra.matrix,
    "inverse": algebra.matrix,
    "eigenvalues": algebra.matrix,
    "rank": algebra.matrix,
    "transpose": algebra.matrix,
    "trace": algebra.matrix,
    "rref": algebra.matrix,
    "derivative": calculus.derivative,
    "integral": calculus.integral,
    "limit": calculus.limit,
    "sum": calculus.total,
    "product": calculus.total,
    "series": calculus.series,
}
