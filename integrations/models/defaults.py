"""Data: the addresses of the providers, and the models used where a role is not mapped.

The model names age. ``AS_OF`` says when they were last compared with what the
installed SDKs and price tables know; a test does the same comparison.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.roles import RoleName

OPENAI_URL: Final = "https://api.openai.com/v1"
ANTHROPIC_URL: Final = "https://api.anthropic.com"
OLLAMA_URL: Final = "http://127.0.0.1:11434"

AS_OF: Final = date(2026, 11, 21)

ANTHROPIC_MODELS: Final[Mapping[RoleName, str]] = {
    "router": "claude-haiku-5-5",
    "math": "claude-sonnet-5-5",
    "lead": "claude-sonnet-5-5",
    "senior": "claude-sonnet-5-5",
    "architect": "claude-opus-5-5",
}
"""The small model talks, the middle one works, the large one designs."""

OPENAI_MODELS: Final[Mapping[RoleName, str]] = {
    "router": "gpt-6-luna",
    "math": "gpt-6.1-terra",
    "lead": "gpt-6.1-terra",
    "senior": "gpt-6.1-terra",
    "architect": "gpt-6.1-sol",
}
