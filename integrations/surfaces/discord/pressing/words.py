"""What Discord shows beside our commands, in the languages of those who look.

Decides which word stands for what in which language; what has no word in a language is shown in
English. Refuses to know which commands there are.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from discord.app_commands import Translator, locale_str

if TYPE_CHECKING:
    from collections.abc import Mapping

    from discord import Locale
    from discord.app_commands import TranslationContextTypes

MOST: Final = 100
"""Characters of a description."""
ENGLISH: Final = "en"


class Words(Translator):
    """Says in other languages what ``word`` and ``named`` said in English."""

    async def translate(
        self, string: locale_str, locale: Locale, context: TranslationContextTypes
    ) -> str | None:
        """Return the words of a language; none if they are not there."""
        del context
        key = string.extras.get("key")
        language = locale.value.split("-")[0]
        if not isinstance(key, str) or language == ENGLISH:
            return None
        return _words().get(key, {}).get(language)


def word(key: str) -> locale_str:
    """Return words that can be translated: ``option.id``."""
    return locale_str(_words()[key][ENGLISH], key=key)


def named(command: str, summary: str) -> locale_str:
    """Return what a command does, in the words of the table; Discord takes so many of them."""
    short = summary if len(summary) <= MOST else summary[: MOST - 1].rstrip() + "…"
    return locale_str(short, key=f"command.{command}")


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    text = files(__package__).joinpath("words.toml").read_text("utf-8")
    sections = tomllib.loads(text)
    return {f"{kind}.{name}": said for kind, of in sections.items() for name, said in of.items()}
