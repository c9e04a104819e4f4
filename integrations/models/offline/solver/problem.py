"""What the sentence asks (a problem), and what comes out (a solution)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.models.offline.solver.grammar import Node

Kind = Literal[
    "evaluate", "truth", "solve", "inequality", "simplify", "expand", "factor", "apart",
    "derivative", "integral", "limit", "sum", "product", "series",
    "determinant", "inverse", "eigenvalues", "rank", "transpose", "trace", "rref",
    "is_prime", "factor_integer", "divisors", "next_prime", "nth_prime", "primes",
    "statistics", "sequence", "fibonacci",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """A task for SymPy.

    Attributes:
        kind: what to do.
        nodes: the formulas to do it with.
        names: the variables meant, where the sentence names them.
        bounds: limits of integrals and sums, the point of a limit or derivative.
        options: what else was asked, such as ``{"digits": "10"}``.
    """

    kind: Kind
    nodes: tuple[Node, ...]
    names: tuple[str, ...] = ()
    bounds: tuple[Node, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Solution:
    """A result and how it came about; both Markdown."""

    result: str
    steps: tuple[str, ...] = ()

    def markdown(self) -> str:
        """Return the result first, then the numbered steps."""
        steps = "\n".join(f"{n}. {step}" for n, step in enumerate(self.steps, start=1))
        return f"**{self.result}**\n\n{steps}" if steps else f"**{self.result}**"


class Unsolved(Exception):  # noqa: N818 - it is an answer, not a fault
    """The problem was understood and cannot be solved here; the message says why."""
