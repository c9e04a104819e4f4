"""Songs, as tools.

Annotations here are read when the tools are made, so they are not postponed.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_ai import FunctionToolset, RunContext

from integrations.contracts.tools import Call, ToolResult
from integrations.tools.boxed import Boxed, Facts
from integrations.tools.given import Given
from integrations.tools.music.client import Music, Song
from integrations.tools.music.settings import MusicSettings

NAME: Final = "music"
SPARE: Final = 0.95
"""How much of the time that a call has is spent waiting; the rest is for telling so."""

FACTS: Final[Mapping[str, Facts]] = {
    "create": Facts("writes", "Make a song", "prompt", slow=True),
    "get": Facts("reads", "Look for a song", "id"),
}


class Songs:
    """The songs of a service."""

    def __init__(self, music: Music) -> None:
        self._music = music

    async def create(
        self,
        ctx: RunContext[Call],
        prompt: str,
        genre: str = "",
        tempo: str = "",
        style: str = "",
        mood: str = "",
        instrumental: bool | None = None,
        title: str = "",
    ) -> Given:
        """Have a song made, which takes a minute or more.

        Args:
            ctx: the call.
            prompt: what it is about, or its words.
            genre: such as "lo-fi".
            tempo: in words or in beats a minute: "slow", "90 bpm".
            style: such as "piano and soft drums".
            mood: such as "calm".
            instrumental: whether nobody sings.
            title: what it is called.
        """
        wanted: dict[str, Any] = {
            "prompt": prompt,
            "genre": genre,
            "tempo": tempo,
            "style": style,
            "mood": mood,
            "instrumental": instrumental,
            "title": title,
        }
        call = ctx.deps
        song, phases = await self._music.make(wanted, call.action_id, call.timeout_s * SPARE)
        told = {name: wanted[name] for name in ("genre", "tempo", "style", "mood")}
        data = {**told, "instrumental": bool(instrumental), **_data(song)}
        named = song.title or title or "Your song"
        text = f"[{_plain(named)}]({song.link}){_length(song)}"
        return ToolResult(text, data, song.link, phases)

    async def get(self, id: str) -> Given:  # noqa: A002 - what it is called everywhere
        """Look for a song that was asked for before.

        Args:
            id: of the song.
        """
        song = await self._music.get(id)
        named = _plain(song.title or f"Song {song.id}")
        if song.link:
            text = f"[{named}]({song.link}){_length(song)}: {song.status}"
        else:
            text = f"{named}: {song.status}" + (f", {song.reason}" if song.reason else "")
        return ToolResult(text, _data(song), song.link)


def toolset(music: Music) -> FunctionToolset[Call]:
    """Return the tools of a music service."""
    songs = Songs(music)
    tools = FunctionToolset[Call](id=NAME, docstring_format="google")
    tools.add_function(songs.create)
    tools.add_function(songs.get)
    return tools


def toolbox(settings: MusicSettings, music: Music | None = None) -> Boxed:
    """Return a music service as a toolbox; closing it closes its connections.

    Args:
        settings: where it is and how it speaks.
        music: the same, if it is there already.
    """
    asked = music or Music(settings)
    secrets = [] if settings.token is None else [settings.token.get_secret_value()]
    return Boxed(
        NAME, toolset(asked), FACTS, who="The music service", secrets=secrets, close=asked.close
    )


def _data(song: Song) -> dict[str, Any]:
    return {
        "id": song.id,
        "status": song.status,
        "title": song.title,
        "duration": song.seconds,
        "url": song.link,
        "picture": song.picture,
    }


def _length(song: Song) -> str:
    if song.seconds is None:
        return ""
    minutes, seconds = divmod(round(song.seconds), 60)
    return f" ({minutes}:{seconds:02})"


def _plain(text: str) -> str:
    """Return a text that can stand inside a link."""
    return text.replace("[", "(").replace("]", ")")
