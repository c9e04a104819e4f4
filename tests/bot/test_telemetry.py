from __future__ import annotations

import io
import json
import sys
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.telemetry import FORBIDDEN, configure_logging
from tests.bot.support import OPENAI_KEY
from tests.standins.model_wire import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bot.support import World
    from tests.standins.model_server import ModelServer

WORDS = ("quetzal", "zebulon", "tenacity", "heronpond")


@contextmanager
def logged(level: str) -> Iterator[io.StringIO]:
    """Log as a process does, into a buffer."""
    buffer = io.StringIO()
    try:
        with redirect_stderr(buffer):
            configure_logging(level, to_terminal=False)
            yield buffer
    finally:
        structlog.reset_defaults()


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    """The process's only tracer provider; OpenTelemetry takes one for good."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


async def test_no_log_line_or_span_holds_anybodys_words(
    scripted: World, models: ModelServer, tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    folder = tmp_path / "heronpond"
    folder.mkdir()
    (folder / "heronpond.md").write_text("# Python\n\nThe python guard is Zebulon.\n")
    spans.clear()
    with logged("debug") as buffer:
        await scripted.ingest(folder)
        models.fail(Fault.SERVER_ERROR)
        models.say("Use tenacity.")
        reply = await scripted.ask("Which python codename is quetzal?")
        await scripted.react(reply)
        await scripted.correct(reply, "It is zebulon.")
        await scripted.command("why")
        scripted.surface.failures.append(RuntimeError("quetzal"))
        await scripted.accept("Which python code is quetzal again?", thread="t2")
        await scripted.mynah.work_off()
    lines = [json.loads(line) for line in buffer.getvalue().splitlines() if line.startswith("{")]
    events = {line["event"] for line in lines}
    assert {"turn", "reaction", "correction", "job_failed"} <= events
    turn = next(line for line in lines if line["event"] == "turn")
    assert (turn["outcome"], turn["role"], turn["job"]) == ("fell_back", "architect", "turn")
    everything = buffer.getvalue().lower()
    for word in (*WORDS, OPENAI_KEY, str(tmp_path).lower()):
        assert word not in everything, word

    finished = spans.get_finished_spans()
    assert {"mynah.accept", "mynah.turn", "mynah.recall", "mynah.model", "mynah.deliver"} <= {
        span.name for span in finished
    }
    asked = [span for span in finished if span.name == "mynah.model"]
    assert [span.attributes["mynah.model"] for span in asked[:2] if span.attributes] == [
        "openai:first",
        "openai:third",
    ]
    turns = {span.context.span_id for span in finished if span.name == "mynah.turn"}
    assert all(span.parent is not None and span.parent.span_id in turns for span in asked)
    shown = "".join(span.to_json() for span in finished).lower()
    for word in (*WORDS, OPENAI_KEY):
        assert word not in shown, word


async def test_what_is_counted(scripted: World, models: ModelServer) -> None:
    message = scripted.message("Which python codename is quetzal?")
    models.say("Use tenacity.")
    await scripted.mynah.host.accept(message)
    await scripted.mynah.host.accept(message)
    await scripted.mynah.work_off()
    scripted.mynah.metrics.jobs(await scripted.mynah.queue.waiting())
    text = scripted.mynah.metrics.text().decode()
    surface = scripted.surface.name
    for line in (
        f'mynah_events_accepted_total{{duplicate="false",kind="message",surface="{surface}"}} 1.0',
        f'mynah_events_accepted_total{{duplicate="true",kind="message",surface="{surface}"}} 1.0',
        'mynah_turns_total{outcome="answered",role="lead"} 1.0',
        f'mynah_deliveries_total{{status="delivered",surface="{surface}"}} 1.0',
        "mynah_turn_seconds_count 1.0",
        "mynah_turn_overhead_seconds_count 1.0",
        "mynah_accept_seconds_count 2.0",
    ):
        assert line in text
    assert "mynah_jobs{" in text
    assert not any(word in text for word in WORDS)


@pytest.mark.parametrize("field", sorted(FORBIDDEN))
def test_fields_that_could_hold_words_are_dropped(field: str) -> None:
    with logged("info") as buffer:
        structlog.get_logger("x").info("seen", **{field.title(): "quetzal"}, size=3, note="n" * 500)
    (line,) = (json.loads(each) for each in buffer.getvalue().splitlines())
    assert "quetzal" not in str(line)
    assert line["size"] == 3
    assert len(line["note"]) < 400


def test_the_level_is_heeded() -> None:
    with logged("error") as buffer:
        structlog.get_logger("x").warning("seen")
    assert buffer.getvalue() == ""
    assert sys.stderr is not buffer
