"""How the stand-in for GitHub reads requests and pages its answers."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from aiohttp import web

from tests.standins.github_things import Refusal

if TYPE_CHECKING:
    from tests.standins.github_things import Json


def number(request: web.Request) -> int:
    try:
        return int(request.match_info["n"])
    except ValueError:
        raise Refusal(404, "Not Found") from None


def in_state(request: web.Request, issues: list[Json]) -> list[Json]:
    state = request.query.get("state", "open")
    return [i for i in issues[::-1] if state in {"all", i["state"]}]


def page(request: web.Request, items: list[Json], under: str = "") -> web.Response:
    size, nth = int(request.query.get("per_page", 30)), int(request.query.get("page", 1))
    size = min(size, 100)
    shown = items[(nth - 1) * size : nth * size]
    response = web.json_response({"total_count": len(items), under: shown} if under else shown)
    if nth * size < len(items):
        following = request.url.update_query(page=str(nth + 1))
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def conditional(request: web.Request, response: web.Response) -> web.Response:
    """Say 304 to who has it already."""
    if request.method != "GET" or response.status != 200:
        return response
    body = response.body if isinstance(response.body, bytes) else b""
    etag = f'W/"{hashlib.sha1(body).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return response


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
