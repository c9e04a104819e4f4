"""What went wrong with a provider, as one sentence that says how to mend it.

Decides which of the port's failures an SDK's exception is. Nothing that a
provider wrote is repeated except short machine-readable codes, since its
messages may echo keys and other people's words.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelOverloadedError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelTimeoutError,
)

from integrations.contracts.model import (
    ModelEmpty,
    ModelFailure,
    ModelInputTooLong,
    ModelInvalidRequest,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnauthorized,
    ModelUnavailable,
    ModelUnknown,
)

if TYPE_CHECKING:
    from integrations.models.mapping import ModelRef

NAMES: Final = {"ollama": "Ollama", "openai": "OpenAI", "anthropic": "Anthropic"}

_REFUSALS: Final = frozenset({"content_filter", "content_policy_violation"})

_TOO_LONG: Final = re.compile(
    r"prompt is too long|context (length|window|size)|too many tokens|input length", re.IGNORECASE
)
"""How servers without a code for it word an overflow: Anthropic, vLLM, llama.cpp, Ollama."""

_CODE: Final = re.compile(r"[a-z_][\w.\[\]]{0,40}")
"""A machine-readable word such as ``invalid_request_error`` or ``messages[0].content``."""

_MENDS: Final = {
    "reach": "check the network and {V}_BASE_URL",
    "let_in": "check {V}_API_KEY",
    "have": "correct the role's mapping, or {V}_BASE_URL",
}
_OLLAMA_MENDS: Final = {
    "reach": "start Ollama with `ollama serve` or set OLLAMA_BASE_URL",
    "let_in": "set OLLAMA_BASE_URL to a server that lets you in",
    "have": "run `ollama pull {model}`",
}

_UNREACHABLE: Final = "{who} cannot be reached at {address}: {reach}."
_UNREADABLE: Final = "{who} at {address} answered in a way that could not be read: {reach}."
_REFUSED: Final = "{who} or {model} declined to answer this: ask it in other words."
_INPUT_TOO_LONG: Final = (
    "the question with its history and sources does not fit into {model}: "
    "shorten it, or start a new thread."
)

_Row = tuple[type[ModelAPIError], type[ModelFailure], str]

_ROWS: Final[tuple[_Row, ...]] = (
    (
        ModelAuthenticationError,
        ModelUnauthorized,
        "{who} did not accept the key, or it may not use {model}: {let_in}.",
    ),
    (ModelNotFoundError, ModelUnknown, "{who} does not have {model}: {have}."),
    (ModelContextWindowExceededError, ModelInputTooLong, _INPUT_TOO_LONG),
    (
        ModelQuotaExceededError,
        ModelRateLimited,
        "the account at {who} has no credit left: top it up, or map the role to another model.",
    ),
    (ModelRateLimitError, ModelRateLimited, "{who} asks to slow down: {wait}."),
    (ModelOverloadedError, ModelUnavailable, "{who} is overloaded: {wait}."),
    (
        ModelRequestRejectedError,
        ModelInvalidRequest,
        "{who} says that the request is wrong for {model}{codes}: map the role to another model.",
    ),
    (
        ModelHTTPError,
        ModelUnavailable,
        "{who} answered with error {status}: {wait}, or map the role to another model.",
    ),
)
"""What each error of the SDKs is, the first that fits. Braces are filled from the question."""


@dataclass(frozen=True, slots=True)
class Explainer:
    """Turns what an SDK raised into the port's failure.

    Attributes:
        ref: the model that was asked.
        address: where it was asked, shown when it cannot be reached; without credentials.
    """

    ref: ModelRef
    address: str

    @property
    def provider(self) -> str:
        """The provider's name for people."""
        return NAMES[self.ref.provider]

    def explain(self, error: Exception) -> ModelFailure:
        """Return the failure that an exception from the SDK amounts to."""
        if isinstance(error, ModelConnectionError):
            kind, sentence = _connection(error)
        elif isinstance(error, ModelRequestRejectedError) and (found := _rejected(error)):
            kind, sentence = found
        else:
            kind, sentence = next(
                ((kind, sentence) for raised, kind, sentence in _ROWS if isinstance(error, raised)),
                (ModelUnavailable, _UNREADABLE),
            )
        return kind(str(self.ref), self._fill(sentence, error), retry_after_s=_retry_after_s(error))

    def _fill(self, sentence: str, error: Exception | None = None) -> str:
        retry_after_s = _retry_after_s(error)
        variable = self.ref.provider.upper()
        mends = _OLLAMA_MENDS if self.ref.provider == "ollama" else _MENDS
        return sentence.format(
            who=self.provider,
            model=self.ref.model,
            address=self.address,
            status=error.status_code if isinstance(error, ModelHTTPError) else "",
            codes=_codes(error),
            wait="ask again later"
            if retry_after_s is None
            else f"ask again in {math.ceil(retry_after_s)} s",
            **{name: mend.format(V=variable, model=self.ref.model) for name, mend in mends.items()},
        )

    def refused(self) -> ModelFailure:
        """Return the failure of an answer that ended in a refusal."""
        return ModelRefused(str(self.ref), self._fill(_REFUSED))

    def empty(self, *, max_tokens: int | None) -> ModelFailure:
        """Return the failure of a finished stream without a word.

        Args:
            max_tokens: the allowed length, when it was used up; else ``None``.
        """
        if max_tokens is None:
            sentence = "it finished without saying anything: ask in other words."
        else:
            sentence = f"it used all its {max_tokens} tokens before the first word: allow it more."
        return ModelEmpty(str(self.ref), sentence)

    def truncated(self) -> ModelFailure:
        """Return the failure of a stream that ended without saying that it was finished."""
        return ModelUnavailable(
            str(self.ref), f"the answer from {self.provider} broke off: ask again."
        )

    def timed_out(self, timeout_s: float) -> ModelFailure:
        """Return the failure of a wait for a piece that was too long, in seconds."""
        return ModelTimeout(
            str(self.ref),
            f"{self.provider} sent nothing for {timeout_s:g} s: ask again, or map the role to a "
            "faster model.",
        )


def _connection(error: ModelConnectionError) -> tuple[type[ModelFailure], str]:
    if error.phase not in {"read", "write"}:
        return ModelUnavailable, _UNREACHABLE
    if isinstance(error, ModelTimeoutError):
        return ModelTimeout, "{who} was reached but did not answer in time: ask again."
    return ModelUnavailable, "the connection to {who} broke off: ask again."


def _rejected(error: ModelRequestRejectedError) -> tuple[type[ModelFailure], str] | None:
    """Tell apart what the SDK lumps together; ``None`` when there is nothing more to see."""
    if error.provider_error_code in _REFUSALS:
        return ModelRefused, _REFUSED
    if _TOO_LONG.search(str(_details(error).get("message", ""))):
        return ModelInputTooLong, _INPUT_TOO_LONG
    return None


def _details(error: ModelAPIError) -> dict[str, object]:
    body = error.body if isinstance(error.body, dict) else {}
    # Anthropic's error lies one level down; OpenAI's SDK hands over the inside.
    inside = body.get("error")
    return inside if isinstance(inside, dict) else body


def _retry_after_s(error: Exception | None) -> float | None:
    return error.retry_after if isinstance(error, ModelAPIError) else None


def _codes(error: Exception | None) -> str:
    if not isinstance(error, ModelAPIError):
        return ""
    candidates = (
        error.provider_error_type,
        error.provider_error_code,
        _details(error).get("param"),
    )
    codes = [code for code in candidates if isinstance(code, str) and _CODE.fullmatch(code)]
    return f" ({', '.join(codes)})" if codes else ""
