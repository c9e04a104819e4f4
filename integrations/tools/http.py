"""Requests to web APIs on a list of hosts, as two tools: one that reads, one that writes.

Decides which headers may be given by whoever asks: none that say who they are. Those of a host
come from its settings, and never leave it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import httpx2
from pydantic_ai.tools import RunContext  # noqa: TC002 - read from the annotations
from pydantic_ai.toolsets import FunctionToolset

from integrations.contracts.tools import Call, ToolFailure, ToolResult
from integrations.tools.boxed import Boxed, Facts
from integrations.tools.faults import failure, of_status, wait_of
from integrations.tools.given import Given  # noqa: TC001 - read from the annotations
from integrations.tools.guard import Guarded, resolve
from integrations.tools.limits import Limits, fit, readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.tools.guard import Public, Resolve
    from learning.actions.contract import Effect, FaultKind

_OURS: Final = frozenset(
    {"authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"}
)
_OTHERWISE: Final = ("proxy-", "x-http-method", "x-method-", "x-original-", "x-rewrite-")
"""How headers begin by which a server takes a request for another one: a read for a write."""
_TEXTUAL: Final = ("text/", "application/json", "application/xml", "application/x-www-form")
_FACTS: Final = {
    "get": Facts("reads", "Read from a web API", "url"),
    "request": Facts("writes", "Send to a web API", "url"),
}


@dataclass(frozen=True, slots=True)
class Host:
    """A host that may be asked.

    Attributes:
        headers: what every request to it carries, such as a token.
        private: whether it may be inside a private network.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    private: bool = False


def open_http(
    name: str,
    hosts: Mapping[str, Host],
    public: Public,
    limits: Limits,
    resolve: Resolve = resolve,
) -> Boxed:
    """Return the tools for some hosts.

    Args:
        name: what stands before the dot in their names.
        hosts: by what stands in an address: "api.example.com", "localhost:8080".
        public: tells whether anybody on the internet could ask an address.
        limits: what they may cost.
        resolve: turns a host name into addresses.
    """

    def of(url: httpx2.URL) -> Host | None:
        return hosts.get(url.netloc.decode("ascii").lower()) or hosts.get(url.host.lower())

    client = httpx2.AsyncClient(
        transport=Guarded(
            public,
            lambda url: of(url) is not None,
            lambda url: (host := of(url)) is not None and host.private,
            limits.most_bytes,
            resolve,
        ),
        timeout=limits.call_s,
        follow_redirects=False,
        trust_env=False,
    )
    listed = ", ".join(sorted(hosts))
    toolset: FunctionToolset[Any] = FunctionToolset()

    async def get(
        ctx: RunContext[Call],
        url: str,
        method: Literal["GET", "HEAD"] = "GET",
        headers: dict[str, str] | None = None,
    ) -> Given:
        return await send(ctx, "reads", method, url, headers, None)

    async def request(
        ctx: RunContext[Call],
        url: str,
        method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST",
        body: Any = None,  # noqa: ANN401 - JSON
        headers: dict[str, str] | None = None,
    ) -> Given:
        return await send(ctx, "writes", method, url, headers, body)

    async def send(
        ctx: RunContext[Call],
        effect: Effect,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: object,
    ) -> ToolResult:
        address = _address(url)
        host = of(address)
        if host is None:
            raise ToolFailure(
                "not_allowed", f"Only these hosts may be asked: {listed}.", f"host {address.host}"
            )
        sent = _headers(headers or {}) | _own(address, host)
        if effect != "reads":  # the same action never happens twice where the host can tell
            sent.setdefault("Idempotency-Key", str(ctx.deps.action_id))
        content = {"content": body} if isinstance(body, str) else {"json": body}
        try:
            async with client.stream(
                method, address, headers=sent, **({} if body is None else content)
            ) as response:
                return await _result(response)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise failure("unavailable", address.host) from None
        except httpx2.TimeoutException:
            raise failure("timeout", address.host) from None
        except httpx2.HTTPError:
            lost: FaultKind = "unavailable" if effect == "reads" else "timeout"
            raise failure(lost, address.host) from None

    toolset.add_function(get, description=f"Read a URL of one of these hosts: {listed}.")
    toolset.add_function(
        request,
        description=f"Send a request that changes something to one of these hosts: {listed}. "
        "A text body is sent as it is, anything else as JSON.",
    )
    secrets = [value for host in hosts.values() for value in host.headers.values()]
    words = [word for value in secrets for word in (value, *value.split()) if len(word) > 7]  # noqa: PLR2004 - no word of a sentence
    return Boxed(name, toolset, _FACTS, limits, secrets=words, foreign=True, close=client.aclose)


def _address(url: str) -> httpx2.URL:
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise ToolFailure("invalid", "That is no web address.") from None
    if address.scheme not in {"http", "https"} or not address.host:
        raise ToolFailure("invalid", "A web address starts with http:// or https://.")
    if address.userinfo:
        raise ToolFailure("invalid", "Leave user name and password out of the address.")
    return address


def _own(address: httpx2.URL, host: Host) -> dict[str, str]:
    """Return the headers of a host's settings, where nobody on the way can read them."""
    if address.scheme == "http" and host.headers and not host.private:
        raise ToolFailure(
            "invalid", f"{address.host} is asked by https:// alone: a token goes with it."
        )
    return dict(host.headers)


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    refused = [
        name for name in given if name.lower() in _OURS or name.lower().startswith(_OTHERWISE)
    ]
    if refused:
        raise ToolFailure(
            "invalid",
            f"The header {refused[0][:40]} cannot be given: tokens belong into the settings, and "
            "a method is what it says.",
        )
    return dict(given)


async def _result(response: httpx2.Response) -> ToolResult:
    status, kind = response.status_code, response.headers.get("content-type", "").lower()
    if response.is_redirect:
        raise ToolFailure(
            "not_allowed",
            "It points elsewhere, and is not followed: give the address that it points to.",
            response.headers.get("location", "")[:500],
            status,
        )
    textual = not kind or kind.startswith(_TEXTUAL) or "+json" in kind or "+xml" in kind
    if response.is_success and not textual:
        size = response.headers.get("content-length", "")
        what = kind.partition(";")[0]
        return ToolResult(f"({what}, {size or 'some'} bytes, left out)", {"status": status})
    text = (await response.aread()).decode(response.charset_encoding or "utf-8", "replace")
    if not response.is_success:
        raise failure(
            of_status(status),
            response.request.url.host,
            readable(text),
            status=status,
            retry_after_s=wait_of(response.headers),
        )
    fitted = fit(_parsed(text) if "json" in kind else text)
    return ToolResult(
        fitted.text if text.strip() else f"Done ({status}).",
        {"status": status, **fitted.data},
        cut=fitted.cut,
    )


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
