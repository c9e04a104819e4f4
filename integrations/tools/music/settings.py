"""What a service that makes songs is asked with, and where its answers hold what.

There is no standard for it; so a service's paths and names are data, and two common sets of
them stand here. Decides how a name leads into an answer. Refuses to know how it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr


OURS: Final = ("prompt", "genre", "tempo", "style", "mood", "instrumental", "title")
"""What people say of a song."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a service speaks.

    A place is a path into an answer, "data.0.audio_url"; an empty one is nowhere.

    Attributes:
        create: the path to post to.
        get: the path of one song; ``{id}`` stands for its id.
        sends: its field → those of ours that go into it; several are joined by commas.
        always: fields that are sent with every song.
        created: where the id is, in what comes of asking for a song.
        status: where it says how far the song is.
        audio: where the address of the sound is.
        title: where its title is.
        duration: where its length in seconds is.
        picture: where the address of its picture is.
        reason: where it says why it failed.
        queued: what the status is before it is begun.
        done: what it is at the end.
        failed: what it is when nothing comes of it.
        key: the header with what makes asking twice the same as asking once.
    """

    create: str = "/v1/songs"
    get: str = "/v1/songs/{id}"
    sends: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {name: (name,) for name in OURS}
    )
    always: Mapping[str, Any] = field(default_factory=dict)
    created: str = "id"
    status: str = "status"
    audio: str = "audio_url"
    title: str = "title"
    duration: str = "duration"
    picture: str = "image_url"
    reason: str = "error"
    queued: frozenset[str] = frozenset({"queued", "pending", "submitted"})
    done: frozenset[str] = frozenset({"complete", "completed", "done", "success", "succeeded"})
    failed: frozenset[str] = frozenset({"error", "failed", "cancelled", "rejected"})
    key: str = "Idempotency-Key"


PLAIN: Final = Shape()
"""A service of one's own, which takes our names."""

_TAGS: Final = ("genre", "style", "mood", "tempo")

SUNO: Final = Shape(
    create="/api/custom_generate",
    get="/api/get?ids={id}",
    sends={
        "prompt": ("prompt",),
        "tags": _TAGS,
        "title": ("title",),
        "make_instrumental": ("instrumental",),
    },
    always={"wait_audio": False},
    created="0.id",
    status="0.status",
    audio="0.audio_url",
    title="0.title",
    duration="0.duration",
    picture="0.image_url",
    reason="0.error_message",
)
"""The open wrapper around Suno that many run themselves: lists of songs, tags in one field."""

SHAPES: Final[Mapping[str, Shape]] = {"plain": PLAIN, "suno": SUNO}


@dataclass(frozen=True, slots=True)
class MusicSettings:
    """Where songs are made.

    Attributes:
        url: of the service.
        token: to ask with; it goes as a bearer token.
        shape: how it speaks.
        timeout_s: how long one request may take.
        most_s: how long a song may take in all.
    """

    url: str = ""
    token: SecretStr | None = None
    shape: Shape = PLAIN
    timeout_s: float = 20.0
    most_s: float = 600.0

    @property
    def connected(self) -> bool:
        """Whether there is a service."""
        return bool(self.url)


def found(answer: object, place: str) -> Any:  # noqa: ANN401 - whatever stands there
    """Return what stands at a place of an answer, or None."""
    here = answer
    for step in place.split(".") if place else ():
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here if place else None


def fields(shape: Shape, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Put what is wanted into a service's own fields; what nobody said is left out."""
    sent: dict[str, Any] = dict(shape.always)
    for theirs, ours in shape.sends.items():
        given = [wanted[name] for name in ours if wanted.get(name) not in {None, ""}]
        if given:
            sent[theirs] = given[0] if len(ours) == 1 else ", ".join(map(str, given))
    return sent
