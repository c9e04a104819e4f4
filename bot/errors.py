"""The errors an installation can run into, and what a person is told about them."""

from __future__ import annotations

from pydantic import ValidationError

from bot.configured import UnknownSurface
from bot.console import NoAnswerYet, UnknownWorkspace
from bot.server import PortTaken
from integrations.contracts.embedder import EmbedderFailure
from integrations.contracts.host import Refusal
from integrations.contracts.knowledge import SourceFailure
from integrations.contracts.reranker import RerankerFailure
from integrations.models.mapping import MappingFailure
from integrations.surfaces.slack.listening import SlackUnavailable
from integrations.tools.outside import SourceInvalid
from learning.store.errors import StoreUnavailable

EXPECTED = (
    EmbedderFailure,
    MappingFailure,
    NoAnswerYet,
    PortTaken,
    RerankerFailure,
    SlackUnavailable,
    SourceFailure,
    SourceInvalid,
    StoreUnavailable,
    Refusal,
    UnknownSurface,
    UnknownWorkspace,
    ValidationError,
)
"""Everything that can go wrong without a fault of ours; each says how to mend it."""


def sentence(error: BaseException) -> str:
    """Return what to tell a person."""
    if isinstance(error, ValidationError):
        return "\n".join(e["msg"].removeprefix("Value error, ") for e in error.errors())
    return str(error)
