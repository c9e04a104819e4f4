"""Logs and spans, without anybody's words.

A log line carries names, numbers and ids. Fields that could carry text or a
secret are dropped here, whoever put them in.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

FORBIDDEN: Final = frozenset(
    {
        "answer", "authorization", "body", "content", "key", "location", "message", "password",
        "path", "payload", "prompt", "question", "quote", "secret", "text", "title", "token", "url",
    }
)  # fmt: skip
_LONGEST = 300


def _discreet(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop what must not be logged, and shorten what is suspiciously long."""
    for name in [name for name in event if name.lower() in FORBIDDEN]:
        del event[name]
    for name, value in event.items():
        if isinstance(value, str) and len(value) > _LONGEST:
            event[name] = value[:_LONGEST] + "…"
    return event


@contextmanager
def span(name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
    """Trace a step. Of an error it keeps the type alone: its words may quote somebody's."""
    with trace.get_tracer("mynah").start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def configure_logging(level: str, *, to_terminal: bool | None = None) -> None:
    """Send log lines to standard error: JSON, or coloured where a person reads along."""
    pretty = sys.stderr.isatty() if to_terminal is None else to_terminal
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _discreet,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries may quote a job's arguments or an address; only their warnings are wanted.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)


def configure_tracing() -> bool:
    """Export spans where OpenTelemetry's own variables ask for it; return whether they do.

    Without the ``telemetry`` extra, or without an endpoint, spans cost nothing.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        structlog.get_logger("mynah").warning(
            "no_tracing", mend="pip install 'mynah[telemetry]' to export spans"
        )
        return False
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": "mynah"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True
