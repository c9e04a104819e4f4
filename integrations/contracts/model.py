"""The model port: one question with its context in, a stream of pieces out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.tools import Hands
    from learning.recollection import Recollection


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier message of the conversation."""

    by: Literal["person", "mynah"]
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; ``media_type`` is what it was found to be, such as ``image/png``."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a model is asked.

    Attributes:
        question: the person's message.
        system: the role's instructions, already shaped for this person.
        history: the conversation so far, oldest first.
        recollections: recalled items in the order of their citation marks:
            the first is cited as ``[1]``. Quoted data, never instructions.
        task_type: "maths", "code", "architecture" or "general".
        temperature: ``None`` leaves the provider's default.
        max_tokens: upper bound on the answer's length, in tokens.
        timeout_s: the longest wait for the first piece, and between pieces.
        reading: what the message was taken to mean, if it could mean several things.
        plan: what the person's own earlier work says of how to go about it; theirs, as data.
        learns: whether the person lets Mynah learn from them.
        unread: what the person is told about files of theirs that could not be read.
        images: to be looked at; only for models that can.
        hands: the tools it may use; ``None`` where there are none. Only for language models.
    """

    question: str
    system: str = ""
    history: tuple[Said, ...] = ()
    recollections: tuple[Recollection, ...] = ()
    task_type: str = "general"
    temperature: float | None = None
    max_tokens: int = 1024
    timeout_s: float = 60.0
    reading: str = ""
    plan: str = ""
    learns: bool = True
    unread: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    hands: Hands | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Some more text of the answer; an empty one says that the model is at work: it uses tools."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last thing a stream yields.

    Attributes:
        input_tokens: tokens read, 0 where the provider does not say.
        output_tokens: tokens written, likewise.
        cost_usd: price of this call, or ``None`` where no price is known.
        model: the model version that answered, as the provider names it.
        cited: citation marks used, when the model knows them better than its
            text shows; ``None`` means "read them from the text".
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    model: str = ""
    cited: tuple[int, ...] | None = None


FailureKind = Literal[
    "unavailable",
    "timeout",
    "rate_limited",
    "refused",
    "empty",
    "auth",
    "unknown_model",
    "too_long",
    "declined",
    "invalid",
    "over_budget",
]


@dataclass(eq=False)
class ModelFailure(Exception):  # noqa: N818 - the field's word for this outcome is failure
    """A model did not answer; the message says why and what to do, without secrets.

    Attributes:
        model: the id of the model that failed.
        reason: one sentence for a person.
        retry_after_s: when the provider said how long to wait.
    """

    model: str
    reason: str
    retry_after_s: float | None = field(default=None, kw_only=True)

    kind: ClassVar[FailureKind] = "unavailable"

    def __str__(self) -> str:
        return f"{self.model}: {self.reason}"


class ModelUnavailable(ModelFailure):
    """The provider cannot be reached, or answered with a server error."""


class ModelTimeout(ModelFailure):
    """No piece came in time."""

    kind = "timeout"


class ModelRateLimited(ModelFailure):
    """The provider asked us to slow down."""

    kind = "rate_limited"


class ModelRefused(ModelFailure):
    """The provider or the model refused the request."""

    kind = "refused"


class ModelEmpty(ModelFailure):
    """The model finished without saying anything."""

    kind = "empty"


class ModelUnauthorized(ModelFailure):
    """The key is missing, wrong, or not allowed to use the model."""

    kind = "auth"


class ModelUnknown(ModelFailure):
    """The provider does not have this model."""

    kind = "unknown_model"


class ModelInputTooLong(ModelFailure):
    """The request does not fit the model's context window."""

    kind = "too_long"


class ModelDeclined(ModelFailure):
    """An offline expert says honestly that this is not a question it can answer.

    ``reason`` is then written for the person who asked.
    """

    kind = "declined"


class ModelInvalidRequest(ModelFailure):
    """The provider says the request itself is wrong."""

    kind = "invalid"


class Model(Protocol):
    """A model, or an offline expert, behind one door."""

    @property
    def id(self) -> str:
        """``provider:model``, as a role mapping spells it."""

    @property
    def streams_text(self) -> bool:
        """Whether this is a language model (and can classify, summarise, …)."""

    def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        """Answer, piece by piece; the last item is ``Finished``.

        Raises:
            ModelFailure: before or between pieces; no ``Finished`` follows.
        """

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        """Answer at once; for classification and background work.

        Raises:
            ModelFailure: as ``stream`` does.
        """
