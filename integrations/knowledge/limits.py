"""How much of a source is taken, and how large its passages are.

Decides nothing else: every bound of ingestion stands here, so that one object
can be handed to a thread or a process.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of ingestion.

    Attributes:
        text_bytes: largest text file or web page.
        paged_bytes: largest PDF or DOCX file.
        unpacked_bytes: largest sum of the sizes that a DOCX file declares for
            its parts, which bounds zip bombs.
        pages: most pages read of a PDF.
        files: most files and folders looked at below one root.
        target_chars: the size a passage should have, in characters.
        max_chars: the size no passage exceeds.
        parse_seconds: longest time for the syntax tree of one source file, and
            for the pages of one PDF.
        fetch_seconds: longest time for one URL, redirects included.
        redirects: most redirects followed for one URL.
    """

    text_bytes: int = 2_000_000
    paged_bytes: int = 25_000_000
    unpacked_bytes: int = 200_000_000
    pages: int = 5_000
    files: int = 200_000
    target_chars: int = 1_200
    max_chars: int = 2_400
    parse_seconds: float = 60.0
    fetch_seconds: float = 30.0
    redirects: int = 5

    def __post_init__(self) -> None:
        if not 1 <= self.target_chars <= self.max_chars:
            raise ValueError(
                f"target_chars is {self.target_chars} and max_chars is {self.max_chars}: "
                "the target must be at least 1 and no larger than the maximum"
            )

    @property
    def small_chars(self) -> int:
        """Below this, neighbouring definitions or sections share a passage."""
        return self.target_chars // 3

    @property
    def tiny_chars(self) -> int:
        """Below this, a piece makes no sense alone and joins a neighbour."""
        return self.target_chars // 10


def megabytes(size: int) -> str:
    """Return a size for a sentence: "2.4 MB", "12 kB", "7 bytes"."""
    if size >= 1_000_000:  # noqa: PLR2004 - the definition of a megabyte
        return f"{size / 1_000_000:.1f} MB"
    if size >= 1_000:  # noqa: PLR2004 - the definition of a kilobyte
        return f"{size / 1_000:.0f} kB"
    return f"{size} bytes"
