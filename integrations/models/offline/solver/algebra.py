"""Solves equations, systems and inequalities, rewrites terms, and works with matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sympy as sp

from integrations.models.offline.solver.expressions import build, code, decimal, show, symbol
from integrations.models.offline.solver.numbers import spell
from integrations.models.offline.solver.problem import Solution, Unsolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.models.offline.solver.problem import Problem

MAX_DEGREE: Final = 60
SEARCHED: Final = range(-50, 51)
"""Where roots of equations without a formula are looked for."""


NEAR: Final = 1e-9
"""A function this small at a point found numerically is taken to be zero there."""
NOTHING: Final = 1e-20
"""A rest below this, computed to 30 digits, is none."""


def rewrite(problem: Problem) -> Solution:
    """Simplify, expand, factor, or split into partial fractions."""
    (node,) = problem.nodes
    term = build(node)
    if problem.kind == "expand":
        _small(term)
    how, word = {
        "simplify": (sp.simplify, "Simplified"),
        "expand": (sp.expand, "Multiplied out"),
        "factor": (sp.factor, "Factorised over the rationals"),
        "apart": (sp.apart, "Split into partial fractions"),
    }[problem.kind]
    result = how(term)
    steps = [f"Read as `{spell(node)}`.", f"{word}: {code(term)} = {code(result)}."]
    if result == term and problem.kind == "factor":
        steps.append("It has no simpler factors over the rationals.")
    hidden = sp.denom(sp.together(term)).free_symbols - sp.denom(sp.together(result)).free_symbols
    if hidden:
        steps.append(f"Valid where {code(sp.denom(sp.together(term)))} is not zero.")
    return Solution(code(result), tuple(steps))


def _small(term: Any) -> None:  # noqa: ANN401 - SymPy has no types
    for power in term.atoms(sp.Pow):
        if power.exp.is_Integer and power.base.is_Add and abs(power.exp) > MAX_DEGREE:
            raise Unsolved(f"I multiply out powers of up to {MAX_DEGREE}.")


def solve(problem: Problem) -> Solution:
    """Solve an equation or a system, and check the roots by putting them in."""
    equations = [build(n) for n in problem.nodes]
    if any(isinstance(e.lhs, sp.MatrixBase) or isinstance(e.rhs, sp.MatrixBase) for e in equations):
        raise Unsolved("I solve equations of numbers, not of matrices.")
    free = sorted(set().union(*(e.free_symbols for e in equations)), key=str)
    wanted = [symbol(n) for n in problem.names if symbol(n) in free] or _unknowns(free, equations)
    unknowns = ", ".join(f"`{v}`" for v in wanted)
    read = f"Read as {' and '.join(code(e) for e in equations)}, solved for {unknowns}."
    if len(equations) == 1 and len(wanted) == 1:
        return _single(equations[0], wanted[0], read)
    return _system(equations, wanted, read)


def _unknowns(free: list[Any], equations: list[Any]) -> list[Any]:
    if len(equations) > 1:
        return free
    # Of "a x + b = 0", x is the unknown, as letters are used.
    return next(([v] for name in "xyzt" for v in free if str(v) == name), free[:1])


def _single(equation: Any, x: Any, read: str) -> Solution:  # noqa: ANN401 - SymPy has no types
    gap = equation.lhs - equation.rhs
    if sp.simplify(gap) == 0:
        return Solution(f"True for every `{x}`", (read, "Both sides are the same."))
    polynomial = gap.is_polynomial(x)
    if polynomial and sp.degree(gap, x) > MAX_DEGREE:
        raise Unsolved(f"I solve polynomials of up to degree {MAX_DEGREE}.")
    if len(gap.free_symbols) > 1:
        roots = sp.solve(gap, x)
        if not roots:
            raise Unsolved("I found no formula for that unknown.")
        steps = (read, "The other letters are kept as parameters.")
        return Solution(" or ".join(f"`{x} = {show(r)}`" for r in roots), steps)
    if polynomial:
        return _polynomial(gap, x, read)
    return _transcendental(gap, x, read)


def _polynomial(gap: Any, x: Any, read: str) -> Solution:  # noqa: ANN401 - SymPy has no types
    poly = sp.Poly(sp.expand(gap), x)
    steps = [read]
    if poly.degree() < 1:
        return Solution("No solution", (read, "No value of the unknown makes the sides equal."))
    factored = sp.factor(poly.as_expr())
    if factored != poly.as_expr():
        steps.append(f"As a product: `{show(factored)} = 0`.")
    roots = sp.roots(poly)
    simple = all(len(show(r)) < 80 for r in roots)  # noqa: PLR2004 - Cardano's are unreadable
    if sum(roots.values()) == poly.degree() and simple:
        if poly.degree() == 2:  # noqa: PLR2004 - quadratic
            steps.append(f"Discriminant: {show(sp.discriminant(poly))}.")
        ordered = sorted(roots, key=lambda r: (not r.is_real, sp.re(r.evalf()), sp.im(r.evalf())))
        shown = " or ".join(_root(x, r) for r in ordered)
        double = [r for r in ordered if roots[r] > 1]
        steps += [f"`{x} = {show(r)}` counts {roots[r]} times." for r in double]
        if not any(r.is_real for r in ordered):
            steps.append("There is no real solution; these are complex.")
        steps += _checks(gap, [{x: r} for r in ordered])
        return Solution(shown, tuple(steps))
    reals = sp.real_roots(poly)
    numeric = list(dict.fromkeys(decimal(r) for r in reals))
    steps.append(
        f"No short formula for its roots; the real ones were computed numerically. "
        f"The other {poly.degree() - len(reals)} are complex."
    )
    if not numeric:
        return Solution("No real solution", tuple(steps))
    return Solution(" or ".join(f"`{x} ≈ {r}`" for r in numeric), tuple(steps))


def _root(x: Any, root: Any) -> str:  # noqa: ANN401 - SymPy has no types
    exact = f"`{x} = {show(root)}`"
    return exact if root.is_Rational or not root.is_real else f"{exact} (≈ {decimal(root, 6)})"


def _transcendental(gap: Any, x: Any, read: str) -> Solution:  # noqa: ANN401 - SymPy
    found = sp.solveset(gap, x, sp.S.Reals)
    if isinstance(found, sp.FiniteSet):
        roots = sorted(found, key=lambda r: r.evalf())
        checks = _checks(gap, [{x: r} for r in roots])
        return Solution(" or ".join(_root(x, r) for r in roots), (read, *checks))
    if found is sp.S.EmptySet:
        return Solution("No real solution", (read,))
    if not found.has(sp.ConditionSet):
        steps = (read, f"All real solutions: `{_set_text(found)}`, with n any whole number.")
        images = found.args if isinstance(found, sp.Union) else (found,)
        forms = [show(i.lamda.expr) for i in images if isinstance(i, sp.ImageSet)]
        if forms and len(forms) == len(images):
            shown = " or ".join(f"`{x} = {f.replace('_n', 'n')}`" for f in forms)
            return Solution(shown, (read, "For every whole number n."))
        return Solution(f"`{x}` in `{_set_text(found)}`", steps)
    roots = _searched(gap, x)
    if not roots:
        raise Unsolved("I found no formula for it, and no real solution between -50 and 50.")
    return Solution(
        " or ".join(f"`{x} ≈ {decimal(r)}`" for r in roots),
        (
            read,
            (
                "There is no formula for it. These were found numerically between -50 and 50; "
                "others may lie outside."
            ),
        ),
    )


def _searched(gap: Any, x: Any) -> list[Any]:  # noqa: ANN401 - SymPy has no types
    roots: list[Any] = []
    previous: tuple[Any, Any] | None = None
    for i in range(2 * SEARCHED.start, 2 * SEARCHED.stop):
        point = sp.Rational(i, 2)
        value = sp.N(gap.subs(x, point))
        if not value.is_real or not value.is_finite:
            previous = None
            continue
        sign = bool(value > 0)
        if previous is not None and previous[1] != sign:
            try:
                root = sp.nsolve(gap, x, (previous[0], point), solver="bisect", prec=15)
            except (ValueError, TypeError, ArithmeticError):
                root = None
            if root is not None and abs(sp.N(gap.subs(x, root))) < NEAR:
                roots.append(root)
        previous = (point, sign)
    return roots


def _set_text(found: Any) -> str:  # noqa: ANN401 - SymPy has no types
    return show(found).replace("_n", "n")


def _system(equations: list[Any], wanted: list[Any], read: str) -> Solution:
    found = sp.solve(equations, wanted, dict=True)
    if not found:
        return Solution("No solution", (read, "The equations contradict each other."))
    found = found[:8]
    shown = []
    for solution in found:
        parts = [f"`{v} = {show(solution[v])}`" for v in wanted if v in solution]
        shown.append(", ".join(parts))
    open_ = [v for v in wanted if v not in found[0]]
    steps = [read]
    if open_:
        steps.append(f"Infinitely many solutions: {', '.join(f'`{v}`' for v in open_)} is free.")
    else:
        for solution in found:
            for equation in equations:
                steps += _checks(equation.lhs - equation.rhs, [solution], equation)
    return Solution(" or ".join(shown), tuple(steps))


def _checks(
    gap: Any,  # noqa: ANN401 - SymPy has no types
    solutions: list[Mapping[Any, Any]],
    equation: Any = None,  # noqa: ANN401 - SymPy has no types
) -> list[str]:
    """Return a sentence for each root that was put in, and refuse any that fails."""
    told = []
    for solution in solutions[:6]:
        rest = sp.simplify(gap.subs(solution))
        if rest != 0 and not (rest.is_number and abs(sp.N(rest, 30)) < NOTHING):
            raise Unsolved("A solution did not pass the check by substitution, so I give none.")
        values = ", ".join(f"{v} = {show(r)}" for v, r in solution.items())
        what = "left minus right side" if equation is None else code(equation)
        told.append(f"Check: with `{values}`, {what} {'is 0' if equation is None else 'holds'} ✓")
    return told


def inequality(problem: Problem) -> Solution:
    """Solve an inequality in one unknown over the reals."""
    (node,) = problem.nodes
    relation = build(node)
    free = sorted(relation.free_symbols, key=str)
    if len(free) != 1:
        raise Unsolved("I solve inequalities in one unknown.")
    found = sp.solve_univariate_inequality(relation, free[0], relational=False)
    read = f"Read as {code(relation)}, over the real numbers."
    return Solution(_interval(found, str(free[0])), (read,))


def _interval(found: Any, x: str) -> str:  # noqa: ANN401, PLR0911 - one return a kind of set
    if found is sp.S.EmptySet:
        return "No solution"
    if found is sp.S.Reals or found == sp.Interval(-sp.oo, sp.oo):
        return f"Every real `{x}`"
    if isinstance(found, sp.Union):
        return " or ".join(_interval(part, x) for part in found.args)
    if isinstance(found, sp.FiniteSet):
        return " or ".join(f"`{x} = {show(v)}`" for v in found)
    if isinstance(found, sp.Interval):
        low = "" if found.start == -sp.oo else f"{show(found.start)} "
        high = "" if found.end == sp.oo else f" {show(found.end)}"
        less, most = ("<" if found.left_open else "≤"), ("<" if found.right_open else "≤")
        if low and high:
            return f"`{low}{less} {x} {most}{high}`"
        if high:
            return f"`{x} {most}{high}`"
        return f"`{x} {'>' if found.left_open else '≥'} {low.strip()}`"
    return f"`{x}` in `{show(found)}`"


def matrix(problem: Problem) -> Solution:
    """Answer a question about one matrix."""
    value = build(problem.nodes[0])
    if not isinstance(value, sp.MatrixBase):
        raise Unsolved("That needs a matrix, such as [[1, 2], [3, 4]].")
    read = f"Read as the {value.rows} × {value.cols} matrix {code(value)}."
    if problem.kind in {"determinant", "inverse", "eigenvalues", "trace"}:
        if value.rows != value.cols:
            raise Unsolved("That is defined for square matrices only.")
        return _square(problem.kind, value, read)
    match problem.kind:
        case "rank":
            return Solution(str(value.rank()), (read,))
        case "transpose":
            return Solution(code(value.T), (read,))
        case _:
            return Solution(code(value.rref()[0]), (read, "Row-reduced."))


def _square(kind: str, value: Any, read: str) -> Solution:  # noqa: ANN401 - SymPy has no types
    match kind:
        case "determinant":
            return Solution(code(sp.simplify(value.det())), (read,))
        case "trace":
            return Solution(code(value.trace()), (read,))
        case "eigenvalues":
            return _eigen(value, read)
    if sp.simplify(value.det()) == 0:
        return Solution("It has no inverse", (read, "Its determinant is 0."))
    inverse = sp.simplify(value.inv())
    if sp.simplify(value * inverse) != sp.eye(value.rows):
        raise Unsolved("The inverse did not pass the check, so I give none.")
    return Solution(code(inverse), (read, "Check: matrix times inverse = identity ✓"))


def _eigen(value: Any, read: str) -> Solution:  # noqa: ANN401 - SymPy has no types
    found = value.eigenvals()
    if any(len(show(v)) > 80 for v in found):  # noqa: PLR2004 - Cardano's are unreadable
        numeric = ", ".join(f"≈ {decimal(v, 6)}" for v in found)
        return Solution(numeric, (read, "Computed numerically: their formulas are too long."))
    steps = [read, f"Roots of `{show(sp.factor(value.charpoly().as_expr()))}`."]
    for number, _, vectors in value.eigenvects():
        spelt = ", ".join(f"`({', '.join(show(sp.simplify(c)) for c in v)})`" for v in vectors)
        steps.append(f"`{show(number)}` has eigenvectors along {spelt}.")
    values = ", ".join(f"{code(v)}{f' ({k} times)' if k > 1 else ''}" for v, k in found.items())
    return Solution(values, tuple(steps))
