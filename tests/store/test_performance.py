"""The view over the runs: what came of asking which model."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from learning.scope import WORKSPACE, person
from learning.store.interactions import Interactions, Run
from learning.store.performance import ModelPerformance, Performance
from tests.store.support import NOW, arrived, ask, finish

if TYPE_CHECKING:
    from datetime import datetime

    from learning.scope import Audience
    from learning.store.store import Store, Unit

LATER = NOW + timedelta(minutes=1)


async def turn(
    unit: Unit,
    *runs: Run,
    rating: float | None = None,
    audience: Audience = WORKSPACE,
    now: datetime = NOW,
) -> None:
    asked = await arrived(unit, "U1", "Why?", audience=audience)
    await Interactions(unit).ran(asked.interaction_id, None, runs, now)
    if runs:
        await finish(unit, asked.interaction_id, role=runs[-1].role, task_type="math")
    if rating is not None:
        await Interactions(unit).rate(asked.interaction_id, rating, 1)


def run(model: str, outcome: str, latency_ms: float, cost: str | None = None) -> Run:
    return Run("math", model, outcome, latency_ms, cost_usd=Decimal(cost) if cost else None)


async def test_runs_ratings_latency_and_cost_are_summed_per_model(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        assert await Performance(unit).rows() == []
        await turn(unit, run("a", "ok", 100.0, "0.5"), rating=5.0)
        await turn(unit, run("a", "ok", 300.0, "0.25"), rating=2.0, now=LATER)
        await turn(unit, run("a", "ok", 200.0))
        # The rating is for the one that answered, not for the one that failed.
        await turn(unit, run("a", "timeout", 9000.0), run("b", "ok", 50.0), rating=4.0)
        await turn(unit, run("b", "cancelled", 10.0), rating=1.0)
        await turn(unit, run("b", "over_budget", 10.0))
        await turn(unit, Run("lead", "b", "unavailable", 1.0))
        found = await Performance(unit).rows()
    assert found == [
        ModelPerformance(
            model="a", role="math", task_type="math", runs=4, answered=3, failures=1,
            ok_share=0.75, rated=2, mean_rating=3.5, mean_latency_ms=200.0, p50_latency_ms=200.0,
            p95_latency_ms=290.0, mean_cost_usd=Decimal("0.375"), total_cost_usd=Decimal("0.75"),
            last_used_at=LATER,
        ),
        ModelPerformance(
            model="b", role="lead", task_type="math", runs=1, answered=0, failures=1,
            ok_share=0.0, rated=0, mean_rating=None, mean_latency_ms=None, p50_latency_ms=None,
            p95_latency_ms=None, mean_cost_usd=None, total_cost_usd=Decimal(0), last_used_at=NOW,
        ),
        ModelPerformance(
            model="b", role="math", task_type="math", runs=3, answered=1, failures=0,
            ok_share=1.0, rated=1, mean_rating=4.0, mean_latency_ms=50.0, p50_latency_ms=50.0,
            p95_latency_ms=50.0, mean_cost_usd=None, total_cost_usd=Decimal(0), last_used_at=NOW,
        ),
    ]  # fmt: skip


async def test_a_run_of_a_turn_that_is_not_over_has_no_kind_of_task_yet(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        asked = await arrived(unit, "U1", "Why?")
        await Interactions(unit).ran(asked.interaction_id, None, [run("a", "cancelled", 1.0)], NOW)
        (found,) = await Performance(unit).rows()
    assert (found.task_type, found.ok_share, found.runs) == ("", None, 1)


async def test_a_reader_sees_what_came_of_what_they_may_read(store: Store, workspace: str) -> None:
    async with store.begin(f"{workspace}-other", None) as unit:
        await turn(unit, run("elsewhere", "ok", 1.0))
    async with store.begin(workspace, None) as unit:
        await turn(unit, run("a", "ok", 1.0), audience=person("U1"), rating=5.0)
        await turn(unit, run("a", "ok", 2.0))
        (found,) = await Performance(unit).rows()
        assert (found.model, found.runs, found.rated) == ("a", 2, 1)
    async with store.begin(workspace, [WORKSPACE]) as unit:
        (found,) = await Performance(unit).rows()
        assert (found.runs, found.rated, found.mean_latency_ms) == (1, 0, 2.0)
    async with store.begin(workspace, []) as unit:
        assert await Performance(unit).rows() == []


def test_every_view_has_the_rights_of_its_reader(database: str) -> None:
    found = ask(
        database,
        "SELECT relname, reloptions FROM pg_class "
        "WHERE relnamespace = 'mynah'::regnamespace AND relkind = 'v' ORDER BY relname",
    )
    names = ("api_patterns", "integration_patterns", "model_performance")
    assert found == [(name, ["security_invoker=true"]) for name in names]
