"""The maths expert end to end: one worker process, real answers, hard limits."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.model import (
    Finished,
    ModelDeclined,
    ModelRequest,
    ModelTimeout,
    ModelUnavailable,
    Piece,
)
from integrations.models.offline.maths import MathsExpert

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(scope="module")
async def expert() -> AsyncIterator[MathsExpert]:
    # Ten times the product's limit: these problems are quick, the machine may not be.
    expert = MathsExpert(time_limit_s=50.0)
    yield expert
    await expert.close()


async def ask(expert: MathsExpert, question: str) -> str:
    text, _ = await expert.complete(ModelRequest(question))
    return text


SOLVED = (
    ("what is 17*23", "**391**"),
    ("What is 12% of 80?", "**9.6**"),
    ("2^10", "**1024**"),
    ("15 choose 4", "**1365**"),
    ("sqrt(2) to 10 digits", "1.414213562"),
    ("twelve plus thirty", "**42**"),
    ("what is 0.1 + 0.2", "**0.3**"),
    ("80 + 12%", "**89.6**"),
    ("22/7 to 3 decimal places", "3.143"),
    (r"\frac{1}{2} + \frac{1}{3}", "`5/6`"),
    ("what is the square of 5", "**25**"),
    ("sqrt(-4)", "`2i`"),
    ("solve x^2 - 5x + 6 = 0", "`x = 2` or `x = 3`"),
    ("x + y = 10, x - y = 2", "`x = 6`, `y = 4`"),
    ("x^2 + 1 = 0", "no real solution"),
    ("x + 1 = x", "No solution"),
    ("x + y = 1, x + y = 2", "No solution"),
    ("sin x = 0", "`x = 2*n*pi`"),
    ("cos x = x", "0.7390851332"),
    ("x^5 - x - 1 = 0", "1.167303978"),
    ("solve a x + b = 0 for x", "`x = -b/a`"),
    ("solve 2x + 3 < 7", "`x < 2`"),
    ("x^2 >= 4", "`x ≤ -2` or `x ≥ 2`"),
    ("is 3/7 greater than 0.42?", "Yes"),
    ("simplify (x^2-1)/(x-1)", "`x + 1`"),
    ("expand (x+1)^3", "`x^3 + 3x^2 + 3x + 1`"),
    ("factor x^2-9", "`(x - 3)(x + 3)`"),
    ("partial fractions of 1/(x^2-1)", "1/(2(x - 1))"),
    ("d/dx sin(x^2)", "`2x*cos(x^2)`"),
    ("second derivative of x^4 at x=2", "`48`"),
    ("integrate x^2 from 0 to 1", "`1/3`"),
    (r"\int_{0}^{\pi} \sin(x) dx", "`2`"),
    ("integral of sin(x) dx", "`-cos(x) + C`"),
    ("limit of sin(x)/x as x approaches 0", "**`1`**"),
    ("limit of 1/x as x approaches 0", "does not exist"),
    ("sum of k^2 for k from 1 to n", "`n*(n + 1)(2n + 1)/6`"),
    ("sum of 1/k^2 for k from 1 to infinity", "`pi^2/6`"),
    ("taylor series of e^x at 0 to order 3", "1 + x + x^2/2 + x^3/6 + O(x^4)"),
    ("determinant of [[1,2],[3,4]]", "`-2`"),
    ("inverse of [[1,2],[3,4]]", "[3/2, -1/2]"),
    ("inverse of [[1,2],[2,4]]", "no inverse"),
    ("eigenvalues of [[2,1],[1,2]]", "`3`, `1`"),
    ("is 97 prime?", "Yes"),
    ("is 91 prime?", "7 · 13"),
    ("factorise 360", "2^3 · 3^2 · 5"),
    ("gcd of 12 and 18", "**6**"),
    ("primes between 10 and 30", "**11, 13, 17, 19, 23, 29**"),
    ("10th fibonacci number", "**55**"),
    ("mean of 3, 5 and 9", "17/3"),
    ("median of 4 8 15 16 23 42", "**15.5**"),
    ("standard deviation of [2, 4, 4, 4, 5, 5, 7, 9]", "2 (population)"),
    ("next number in 2, 4, 8, 16", "**32**"),
    ("next number in 1, 4, 9, 16", "**25**"),
    ("log(100)", "with base 10 it would be 2"),
)


@pytest.mark.parametrize(("question", "expected"), SOLVED)
async def test_problems_it_solves(expert: MathsExpert, question: str, expected: str) -> None:
    text = await ask(expert, question)
    assert expected in text
    assert text.startswith("**")


async def test_roots_are_checked_by_substitution(expert: MathsExpert) -> None:
    text = await ask(expert, "solve x^2 - 5x + 6 = 0")
    assert text.count("Check: with") == 2


@pytest.mark.parametrize(
    "question",
    [
        "when is the offsite?",
        "what is the meaning of life",
        "I have 3 apples",
        "what is 2 + 2 and 3 + 3?",
        "2026-05-03",
        "__import__('os').system('ls')",
        "().__class__.__bases__[0]",
        "lambda: 0",
        "what time is it in 3 hours",
        "(1 + 2",
        "",
    ],
)
async def test_what_it_cannot_read_is_declined_without_a_worker(question: str) -> None:
    fresh = MathsExpert(command=("/does/not/exist",))
    with pytest.raises(ModelDeclined) as caught:
        await ask(fresh, question)
    assert "MYNAH_ROLE_MATH=provider:model" in caught.value.reason
    await fresh.close()


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("9^9^9^9", "digits"),
        ("100000!", "digits"),
        ("2^-999999999", "digits"),
        ("e^(e^(e^(e^10)))", "too large"),
        ("expand (x+y)^5000", "up to 60"),
        ("x^100000 - 1 = 0", "degree 60"),
        ("1/0", "Division by zero"),
        ("0^0", "undefined"),
        ("binomial(1000000, 500000)", "digits"),
        ("determinant of [[1,2,3],[4,5,6]]", "square"),
        ("next number in 1, 7, 3, 9, 5", "no arithmetic"),
    ],
)
async def test_what_must_not_be_computed_is_declined(
    expert: MathsExpert, question: str, why: str
) -> None:
    with pytest.raises(ModelDeclined) as caught:
        await ask(expert, question)
    assert why in caught.value.reason


async def test_a_problem_that_takes_too_long_is_stopped_and_the_next_is_solved() -> None:
    expert = MathsExpert(time_limit_s=0.5)
    try:
        with pytest.raises(ModelTimeout) as caught:
            await ask(expert, "integrate sin(x^x) * exp(x^3)")
        assert "0.5 seconds" in caught.value.reason
        assert "**4**" in await ask(expert, "2 + 2")
    finally:
        await expert.close()


async def test_a_worker_that_was_killed_is_replaced() -> None:
    expert = MathsExpert(time_limit_s=50.0)
    try:
        await ask(expert, "2 + 2")
        assert expert._process is not None
        expert._process.kill()
        await expert._process.wait()
        assert "**6**" in await ask(expert, "3 + 3")
    finally:
        await expert.close()


async def test_a_worker_that_always_dies_is_reported() -> None:
    expert = MathsExpert(command=(sys.executable, "-c", "print('{}')"))
    with pytest.raises(ModelUnavailable, match="died twice"):
        await ask(expert, "2 + 2")
    await expert.close()


async def test_a_worker_that_cannot_start_is_reported() -> None:
    expert = MathsExpert(command=("/does/not/exist",))
    with pytest.raises(ModelUnavailable, match="cannot be started"):
        await ask(expert, "2 + 2")
    await expert.close()


async def test_a_cancelled_question_does_not_answer_the_next_one(tmp_path: Path) -> None:
    # A worker that echoes each question, and answers the slow one only when told to.
    gate = tmp_path / "gate"
    script = tmp_path / "worker.py"
    script.write_text(
        "import json, os, sys\n"
        "print('{}', flush=True)\n"
        "for line in sys.stdin:\n"
        "    question = json.loads(line)['question']\n"
        f"    open({str(gate)!r}, 'w').close()\n"
        "    while question == '1 + 1' and True: pass\n"
        "    print(json.dumps({'answer': question}), flush=True)\n"
    )
    expert = MathsExpert(time_limit_s=50.0, command=(sys.executable, str(script)))
    slow = asyncio.create_task(ask(expert, "1 + 1"))
    while not gate.exists():  # noqa: ASYNC110 - another process opens the gate
        await asyncio.sleep(0)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await ask(expert, "2 + 2") == "2 + 2"
    await expert.close()


async def test_questions_at_once_each_get_their_own_answer(expert: MathsExpert) -> None:
    answers = await asyncio.gather(*(ask(expert, f"{n} + 100") for n in range(20)))
    assert all(f"**{n + 100}**" in answer for n, answer in enumerate(answers))


async def test_a_closed_expert_leaves_no_process() -> None:
    expert = MathsExpert(time_limit_s=50.0)
    await ask(expert, "2 + 2")
    process = expert._process
    assert process is not None
    await expert.close()
    assert process.returncode is not None
    await expert.close()


async def test_stories_need_no_worker() -> None:
    expert = MathsExpert(command=("/does/not/exist",))
    text = await ask(expert, "Tom is twice as old as Ann. Together they are 36. How old is Ann?")
    assert text.startswith("**Tom is 24 and Ann is 12**")


async def test_a_stream_is_the_answer_in_lines_and_then_finished(expert: MathsExpert) -> None:
    items = [i async for i in expert.stream(ModelRequest("solve x^2 = 4"))]
    pieces = [i.text for i in items if isinstance(i, Piece)]
    assert "".join(pieces) == await ask(expert, "solve x^2 = 4")
    assert items[-1] == Finished(cost_usd=0.0, model="offline:math", cited=())


def test_it_is_no_language_model() -> None:
    assert not MathsExpert().streams_text
