"""What the stand-in for model providers says, and how OpenAI and Anthropic spell it.

Shapes of bytes only; the server that sends them over time is in ``model_server``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from starlette.responses import JSONResponse, Response


class Fault(StrEnum):
    """Ways to fail."""

    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    UNKNOWN_MODEL = "unknown_model"
    RATE_LIMITED = "rate_limited"
    NO_CREDIT = "no_credit"
    TOO_LONG = "too_long"
    BAD_REQUEST = "bad_request"
    CONTENT_POLICY = "content_policy"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    GARBAGE = "garbage"
    """A page instead of an answer."""
    REFUSED = "refused"
    """Ends in a content filter or a refusal, after the pieces."""
    ERROR_MIDWAY = "error_midway"
    """Sends an error event after the pieces."""
    BROKEN = "broken"
    """Drops the connection after the pieces."""
    UNFINISHED = "unfinished"
    """Ends politely after the pieces, without saying that the answer is finished."""
    HANG = "hang"
    """Sends the pieces, then nothing more, until the client goes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A tool that the model wants used; ``arguments`` are its own words, JSON or not."""

    name: str
    arguments: str = "{}"
    id: str = "call_1"


@dataclass(frozen=True, slots=True)
class Script:
    """One answer.

    ``delay_s`` is waited before each piece, in seconds; ``first_delay_s``
    replaces it for the first one.
    """

    pieces: tuple[str, ...] = ()
    fault: Fault | None = None
    delay_s: float = 0.0
    first_delay_s: float | None = None
    input_tokens: int = 12
    output_tokens: int = 5
    report_usage: bool = True
    version: str | None = None
    """The model that answers; ``None`` repeats the one that was asked."""
    stop: Literal["stop", "length"] = "stop"
    wishes: tuple[Wish, ...] = ()
    """Tools that it wants used, after the pieces."""
    retry_after_s: float | None = None
    message: str = "something about sk-secret-echo"
    """What an error says; providers do echo keys."""


STATUSES = {
    Fault.UNAUTHORIZED: (401, "authentication_error", "invalid_api_key"),
    Fault.FORBIDDEN: (403, "permission_error", None),
    Fault.UNKNOWN_MODEL: (404, "not_found_error", "model_not_found"),
    Fault.RATE_LIMITED: (429, "rate_limit_error", "rate_limit_exceeded"),
    Fault.NO_CREDIT: (429, "billing_error", "insufficient_quota"),
    Fault.TOO_LONG: (400, "invalid_request_error", "context_length_exceeded"),
    Fault.BAD_REQUEST: (400, "invalid_request_error", "unsupported_value"),
    Fault.CONTENT_POLICY: (400, "invalid_request_error", "content_policy_violation"),
    Fault.SERVER_ERROR: (500, "api_error", "server_error"),
    Fault.OVERLOADED: (529, "overloaded_error", "overloaded"),
}


def _failed(script: Script, body: dict[str, Any]) -> Response:
    assert script.fault is not None
    headers = {} if script.retry_after_s is None else {"retry-after": str(script.retry_after_s)}
    return JSONResponse(body, STATUSES[script.fault][0], headers=headers)


class OpenAIWire:
    """Chat completions."""

    @staticmethod
    def error(script: Script) -> Response:
        assert script.fault is not None
        _, kind, code = STATUSES[script.fault]
        error = {"message": script.message, "type": kind, "code": code, "param": "temperature"}
        return _failed(script, {"error": error})

    @staticmethod
    def _usage(script: Script) -> dict[str, int] | None:
        if not script.report_usage:
            return None
        return {
            "prompt_tokens": script.input_tokens,
            "completion_tokens": script.output_tokens,
            "total_tokens": script.input_tokens + script.output_tokens,
        }

    @staticmethod
    def _stop(script: Script) -> str:
        if script.fault is Fault.REFUSED:
            return "content_filter"
        return "tool_calls" if script.wishes and script.stop == "stop" else script.stop

    @staticmethod
    def _called(wish: Wish) -> dict[str, Any]:
        function = {"name": wish.name, "arguments": wish.arguments}
        return {"id": wish.id, "type": "function", "function": function}

    @staticmethod
    def whole(script: Script) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(script.pieces)}
        if script.wishes:
            message["tool_calls"] = [OpenAIWire._called(wish) for wish in script.wishes]
        choice = {"index": 0, "message": message, "finish_reason": OpenAIWire._stop(script)}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": script.version,
            "choices": [choice],
            "usage": OpenAIWire._usage(script),
        }

    @staticmethod
    def _chunk(script: Script, delta: dict[str, Any], finish: str | None = None) -> bytes:
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": script.version,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
        return b"data: %s\n\n" % json.dumps(chunk).encode()

    @staticmethod
    def opening(script: Script) -> bytes:
        return OpenAIWire._chunk(script, {"role": "assistant", "content": ""})

    @staticmethod
    def piece(script: Script, text: str) -> bytes:
        return OpenAIWire._chunk(script, {"content": text})

    @staticmethod
    def _wished(script: Script, index: int) -> bytes:
        """Name a tool, then write its arguments in two pieces."""
        wish = script.wishes[index]
        half = len(wish.arguments) // 2
        named = {"index": index, **OpenAIWire._called(replace(wish, arguments=""))}
        deltas = [named] + [
            {"index": index, "function": {"arguments": part}}
            for part in (wish.arguments[:half], wish.arguments[half:])
        ]
        return b"".join(OpenAIWire._chunk(script, {"tool_calls": [each]}) for each in deltas)

    @staticmethod
    def midway(script: Script) -> bytes:
        error = {"message": script.message, "type": "server_error", "code": "server_error"}
        return b"data: %s\n\n" % json.dumps({"error": error}).encode()

    @staticmethod
    def ending(script: Script) -> bytes:
        usage = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": script.version,
            "choices": [],
            "usage": OpenAIWire._usage(script),
        }
        return b"%s%sdata: %s\n\ndata: [DONE]\n\n" % (
            b"".join(OpenAIWire._wished(script, n) for n in range(len(script.wishes))),
            OpenAIWire._chunk(script, {}, OpenAIWire._stop(script)),
            json.dumps(usage).encode(),
        )


class AnthropicWire:
    """Messages."""

    @staticmethod
    def error(script: Script) -> Response:
        assert script.fault is not None
        message = "prompt is too long" if script.fault is Fault.TOO_LONG else script.message
        error = {"type": STATUSES[script.fault][1], "message": message}
        return _failed(script, {"type": "error", "error": error})

    @staticmethod
    def _stop(script: Script) -> str:
        if script.fault is Fault.REFUSED:
            return "refusal"
        if script.wishes and script.stop == "stop":
            return "tool_use"
        return "end_turn" if script.stop == "stop" else "max_tokens"

    @staticmethod
    def whole(script: Script) -> dict[str, Any]:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": script.version,
            "content": [
                *([{"type": "text", "text": "".join(script.pieces)}] if script.pieces else []),
                *(
                    {"type": "tool_use", "id": w.id, "name": w.name, "input": w.arguments}
                    for w in script.wishes
                ),
            ],
            "stop_reason": AnthropicWire._stop(script),
            "stop_sequence": None,
            "usage": {
                "input_tokens": script.input_tokens,
                "output_tokens": script.output_tokens,
            },
        }

    @staticmethod
    def _event(kind: str, **data: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()

    @staticmethod
    def opening(script: Script) -> bytes:
        message = AnthropicWire.whole(replace(script, output_tokens=0))
        message |= {"content": [], "stop_reason": None}
        opening = AnthropicWire._event("message_start", message=message)
        if script.wishes and not script.pieces:
            return opening  # who says nothing opens no block of text
        return opening + AnthropicWire._event(
            "content_block_start", index=0, content_block={"type": "text", "text": ""}
        )

    @staticmethod
    def piece(script: Script, text: str) -> bytes:
        del script
        delta = {"type": "text_delta", "text": text}
        return AnthropicWire._event("content_block_delta", index=0, delta=delta)

    @staticmethod
    def _wished(wish: Wish, index: int) -> bytes:
        block = {"type": "tool_use", "id": wish.id, "name": wish.name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": wish.arguments}
        return (
            AnthropicWire._event("content_block_start", index=index, content_block=block)
            + AnthropicWire._event("content_block_delta", index=index, delta=delta)
            + AnthropicWire._event("content_block_stop", index=index)
        )

    @staticmethod
    def midway(script: Script) -> bytes:
        error = {"type": "api_error", "message": script.message}
        return AnthropicWire._event("error", error=error)

    @staticmethod
    def ending(script: Script) -> bytes:
        delta = {"stop_reason": AnthropicWire._stop(script), "stop_sequence": None}
        usage = {"output_tokens": script.output_tokens}
        spoke = bool(script.pieces) or not script.wishes
        wishes = (AnthropicWire._wished(w, n + spoke) for n, w in enumerate(script.wishes))
        return (
            (AnthropicWire._event("content_block_stop", index=0) if spoke else b"")
            + b"".join(wishes)
            + AnthropicWire._event("message_delta", delta=delta, usage=usage)
            + AnthropicWire._event("message_stop")
        )
