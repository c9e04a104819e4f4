"""How the page looks: its stylesheets, its mark, and no request to anybody else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nicegui import ui

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" role="img" aria-label="Mynah">
<rect width="32" height="32" rx="9" fill="#ffb81c"/>
<path fill="#15161a" d="M7 32c-2-12 0-24 10.5-24 5 0 7.6 2.8 8 6.6.2 2.3-.8 3.9-2.4 4.7
 1.4 4.2 2 8.3 1.9 12.7z"/>
<path fill="#f4f1e8" d="m25 11.4 6 3.2c-1.7 1.7-3.700 2.300-5.700 2z"/>
<path fill="#ffb81c" d="M12.2 15.2c3-.5 6.8 0 8.2 1.2-1.2 2.2-5 2.8-7 1.4-.8-.6-1.2-1.6-1.2-2.6z"/>
<circle fill="#f4f1e8" cx="20.5" cy="12.7" r="1.500"/></svg>"""
"""A mynah: a glossy dark head with the yellow wattle behind the eye."""

_STYLES = (
    "base",
    "threads",
    "messages",
    "readings",
    "pressing",
    "text",
    "composer",
    "panel",
    "about",
    "small",
)
"""Stylesheets beside this file, in the order in which they may change each other."""

_HEAD = """
<meta name="theme-color" content="#fbfaf7" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#101114" media="(prefers-color-scheme: dark)">
<script type="module">
  // The second wall behind the Markdown renderer: what it lets through is purified again,
  // and only the attribute that opens links in their own tab is let through besides.
  import DOMPurify from "dompurify";
  DOMPurify.setConfig({ ADD_ATTR: ["target"], FORBID_TAGS: ["img", "style", "form", "input"] });
</script>
"""

POLICY = (
    "default-src 'none'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "  # Vue compiles templates in the page
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; "
    "font-src 'self' data:; "
    "connect-src 'self'; "
    "base-uri 'none'; "
    "form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: the browser itself refuses every foreign request."""


def apply() -> None:
    """Dress the page that is being built."""
    ui.colors(primary="#8f5400", secondary="#5b5d63", accent="#ffb81c", negative="#b3261e")
    ui.add_head_html(_HEAD)
    for style in _STYLES:
        ui.add_css(Path(__file__).with_name(f"{style}.css"))


class PageHeaders:
    """Adds the policy to pages, and leaves every other response alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start" and any(
                name.lower() == b"x-nicegui-content" for name, _ in message["headers"]
            ):
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", POLICY.encode()),
                    (b"referrer-policy", b"no-referrer"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, send_with_policy if scope["type"] == "http" else send)
