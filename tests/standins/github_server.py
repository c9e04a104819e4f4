"""A strict stand-in for GitHub's REST API, over a real socket, with its limits and its errors.

    async with github_server() as github:
        acme = github.repo("acme/api", files={"src/auth.py": b"..."})
        ...  # GitHubSettings(token=SecretStr(github.token), api_url=github.api_url)
        github.issues("acme/api")  # what is there now

Its clock stands still until a test moves it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.standins.github_things import Json, Refusal, Repo
from tests.standins.github_wire import conditional, decoded, in_state, number, page
from tests.standins.service_faults import ServiceFaults

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from tests.standins.service_faults import Fault

A_REPO = "/repos/{owner}/{name}"
HOURLY = 5_000
BODY: web.RequestKey[Json] = web.RequestKey("body", dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in, and the status it was answered with."""

    route: str
    body: Json
    status: int
    headers: Mapping[str, str]


class GitHubServer:
    """The running stand-in.

    Attributes:
        token: one that is taken, of the user "mynah".
        calls: what came in, oldest first.
        remaining: how many requests are left in this hour.
        now: its clock, in seconds since 1970.
        fail, hold: how to make it fail or wait; see ``ServiceFaults``.
    """

    def __init__(self) -> None:
        self.api_url = ""
        self.token = "ghp_standin"
        self.tokens: dict[str, float] = {self.token: float("inf")}
        self.repos: dict[str, Repo] = {}
        self.calls: list[Seen] = []
        self.remaining = HOURLY
        self.now = float(int(time.time()))  # ids of actions hold the real time
        self.app_key: rsa.RSAPublicKey | None = None
        self.faults = ServiceFaults()
        self.fail, self.hold = self.faults.fail, self.faults.hold
        self._port = 0

    def at(self, port: int) -> None:
        self.api_url, self._port = f"http://127.0.0.1:{port}", port

    # Setting up and looking.

    def repo(self, full_name: str, files: Mapping[str, bytes] | None = None) -> Repo:
        """A repository, which is made when it is first asked for."""
        if full_name not in self.repos:
            self.repos[full_name] = Repo(full_name, self.api_url)
        self.repos[full_name].files |= dict(files or {})
        return self.repos[full_name]

    def issues(self, full_name: str) -> list[Json]:
        return [i for i in self.repos[full_name].issues.values() if "head" not in i]

    def pulls(self, full_name: str) -> list[Json]:
        return [i for i in self.repos[full_name].issues.values() if "head" in i]

    def comments(self, full_name: str) -> list[Json]:
        return self.repos[full_name].comments

    def revoke(self, token: str = "") -> None:
        self.tokens.pop(token or self.token, None)

    def called(self, route: str) -> list[Seen]:
        """The requests of a route, "POST /repos/acme/api/issues", oldest first."""
        return [seen for seen in self.calls if seen.route == route]

    @property
    def _at(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # HTTP.

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._around])
        get, post = web.get, web.post
        application.add_routes(
            [
                post("/app/installations/{id}/access_tokens", self._installation),
                get("/user/repos", self._repos),
                get("/installation/repositories", self._repos),
                get("/search/code", self._search),
                get(A_REPO, self._repo),
                get(f"{A_REPO}/issues", self._issues),
                post(f"{A_REPO}/issues", self._open),
                get(f"{A_REPO}/issues/{{n}}", self._issue),
                web.patch(f"{A_REPO}/issues/{{n}}", self._change),
                get(f"{A_REPO}/issues/{{n}}/comments", self._comments),
                post(f"{A_REPO}/issues/{{n}}/comments", self._comment),
                post(f"{A_REPO}/issues/{{n}}/labels", self._label),
                get(f"{A_REPO}/pulls", self._pulls),
                post(f"{A_REPO}/pulls", self._propose),
                get(f"{A_REPO}/pulls/{{n}}", self._pull),
                get(f"{A_REPO}/pulls/{{n}}/files", self._files),
                get(f"{A_REPO}/pulls/{{n}}/reviews", self._reviews),
                post(f"{A_REPO}/pulls/{{n}}/reviews", self._review),
                web.put(f"{A_REPO}/pulls/{{n}}/merge", self._merge),
                get(f"{A_REPO}/actions/runs", self._runs),
                get(f"{A_REPO}/actions/runs/{{n}}", self._run),
                get(f"{A_REPO}/actions/runs/{{n}}/jobs", self._jobs),
                post(f"{A_REPO}/actions/runs/{{n}}/{{what:rerun|rerun-failed-jobs}}", self._rerun),
                get(f"{A_REPO}/actions/jobs/{{n}}/logs", self._elsewhere),
                get(f"{A_REPO}/contents/{{path:.*}}", self._contents),
                get(f"{A_REPO}/git/trees/{{ref}}", self._tree),
                get(f"{A_REPO}/commits/{{ref}}", self._commit),
                get(f"{A_REPO}/tarball/{{ref}}", self._elsewhere),
                get("/elsewhere/{rest:.*}", self._blob),
            ]
        )
        return application

    @web.middleware
    async def _around(self, request: web.Request, handler: Any) -> web.StreamResponse:
        asked = f"{request.method} {request.path}"
        body: Json = {}
        await self.faults.pass_gate(asked)
        fault = self.faults.take(asked)
        try:
            body = json.loads(await request.text() or "{}")
            request[BODY] = body
            response = await self._answer(request, handler, fault)
        except Refusal as refusal:
            response = web.json_response(refusal.body, status=refusal.status)
        except ValueError:
            response = web.json_response({"message": "Problems parsing JSON"}, status=400)
        except web.HTTPNotFound:
            response = web.json_response(Refusal(404, "Not Found").body, status=404)
        if response.status != 304:
            self.remaining -= 1
        limits = {
            "limit": HOURLY,
            "remaining": max(self.remaining, 0),
            "reset": int(self.now + 900),
        }
        for name, value in limits.items():
            response.headers.setdefault(f"x-ratelimit-{name}", str(value))
        self.calls.append(Seen(asked, body, response.status, dict(request.headers)))
        return response

    async def _answer(
        self, request: web.Request, handler: Any, fault: Fault | None
    ) -> web.StreamResponse:
        if fault is not None and not fault.done:
            return fault.answer(request)
        self._let_in(request)
        response = conditional(request, await handler(request))
        return response if fault is None else fault.answer(request)

    def _let_in(self, request: web.Request) -> None:
        if request.path.startswith("/elsewhere/"):
            if "Authorization" in request.headers:
                raise Refusal(400, "Only one auth mechanism allowed")
            return
        if not request.headers.get("User-Agent"):
            raise Refusal(403, "Request forbidden by administrative rules.")
        if request.headers.get("X-GitHub-Api-Version") not in {"2022-11-28", "2026-03-10"}:
            raise Refusal(400, "This API version is not supported")
        if request.path.startswith("/app/"):
            return  # signed otherwise
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise Refusal(401, "Requires authentication")
        if self.now >= self.tokens.get(token, 0.0):
            raise Refusal(401, "Bad credentials")
        if self.remaining <= 0:
            raise Refusal(403, "API rate limit exceeded for user ID 1.")

    def _of(self, request: web.Request) -> Repo:
        found = self.repos.get(f"{request.match_info['owner']}/{request.match_info['name']}")
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    # Who.

    async def _installation(self, request: web.Request) -> web.Response:
        said, _, signature = (
            request.headers.get("Authorization", "").removeprefix("Bearer ").rpartition(".")
        )
        try:
            assert self.app_key is not None
            self.app_key.verify(decoded(signature), said.encode(), padding.PKCS1v15(), SHA256())
            claims = json.loads(decoded(said.partition(".")[2]))
            assert claims["iat"] <= self.now < claims["exp"] <= self.now + 600
        except (AssertionError, InvalidSignature, ValueError):
            raise Refusal(401, "A JSON web token could not be decoded") from None
        token = f"ghs_{len(self.tokens)}"
        self.tokens[token] = self.now + 3600
        ends = datetime.fromtimestamp(self.now + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return web.json_response({"token": token, "expires_at": ends}, status=201)

    # What.

    async def _repos(self, request: web.Request) -> web.Response:
        under = "repositories" if request.path.startswith("/installation/") else ""
        return page(request, [repo.shown() for repo in self.repos.values()], under)

    async def _search(self, request: web.Request) -> web.Response:
        words = [word for word in request.query.get("q", "").split() if ":" not in word]
        if not words:
            raise Refusal(422, "Validation Failed", [{"field": "q", "code": "missing"}])
        hits = [
            {
                "path": path,
                "html_url": f"{repo.url}/{repo.full_name}/blob/main/{path}",
                "repository": {"full_name": repo.full_name},
                "text_matches": [{"fragment": content.decode(errors="replace")[:80]}],
            }
            for repo in self.repos.values()
            for path, content in repo.files.items()
            if all(word.encode() in content for word in words)
        ]
        return web.json_response({"total_count": len(hits), "items": hits})

    async def _repo(self, request: web.Request) -> web.Response:
        return web.json_response(self._of(request).shown())

    async def _issues(self, request: web.Request) -> web.Response:
        return page(request, in_state(request, list(self._of(request).issues.values())))

    async def _open(self, request: web.Request) -> web.Response:
        made = self._of(request).open(request[BODY], "mynah", self._at)
        return web.json_response(made, status=201)

    async def _issue(self, request: web.Request) -> web.Response:
        return web.json_response(self._of(request).issue(number(request)))

    async def _change(self, request: web.Request) -> web.Response:
        return web.json_response(self._of(request).change(number(request), request[BODY], self._at))

    async def _comments(self, request: web.Request) -> web.Response:
        since, n = request.query.get("since", ""), number(request)
        found = [c for c in self._of(request).comments if c["issue"] == n]
        return page(request, [c for c in found if c["created_at"] >= since])

    async def _comment(self, request: web.Request) -> web.Response:
        made = self._of(request).comment(number(request), request[BODY], "mynah", self._at)
        return web.json_response(made, status=201)

    async def _label(self, request: web.Request) -> web.Response:
        issue = self._of(request).issue(number(request))
        there = [each["name"] for each in issue["labels"]]
        new = [name for name in request[BODY]["labels"] if name not in there]
        issue["labels"] += [{"name": name} for name in new]
        return web.json_response(issue["labels"])

    async def _pulls(self, request: web.Request) -> web.Response:
        pulls = [i for i in self._of(request).issues.values() if "head" in i]
        return page(request, in_state(request, pulls))

    async def _propose(self, request: web.Request) -> web.Response:
        made = self._of(request).propose(request[BODY], "mynah", self._at)
        return web.json_response(made, status=201)

    async def _pull(self, request: web.Request) -> web.Response:
        return web.json_response(self._of(request).pull(number(request)))

    async def _files(self, request: web.Request) -> web.Response:
        return page(request, self._of(request).pull(number(request))["files"])

    async def _reviews(self, request: web.Request) -> web.Response:
        n = number(request)
        return page(request, [r for r in self._of(request).reviews if r["pull"] == n])

    async def _review(self, request: web.Request) -> web.Response:
        repo, n = self._of(request), number(request)
        return web.json_response(repo.review(n, request[BODY], "mynah", self._at))

    async def _merge(self, request: web.Request) -> web.Response:
        return web.json_response(self._of(request).merge(number(request), request[BODY]))

    async def _runs(self, request: web.Request) -> web.Response:
        return page(request, list(self._of(request).runs.values()), "workflow_runs")

    async def _run(self, request: web.Request) -> web.Response:
        repo, n = self._of(request), number(request)
        if n not in repo.runs:
            raise Refusal(404, "Not Found")
        ahead = repo.ahead[n]
        if ahead:
            shown = repo.runs[n] | {"status": ahead.pop(0), "conclusion": None}
            return web.json_response(shown)
        return web.json_response(repo.runs[n])

    async def _jobs(self, request: web.Request) -> web.Response:
        return page(request, self._of(request).jobs.get(number(request), []), "jobs")

    async def _rerun(self, request: web.Request) -> web.Response:
        repo, n = self._of(request), number(request)
        if repo.ahead.get(n):
            raise Refusal(403, "This workflow is already running")
        repo.ahead[n] = ["queued", "in_progress"]
        return web.json_response({}, status=201)

    async def _contents(self, request: web.Request) -> web.Response:
        repo, path = self._of(request), request.match_info["path"]
        if path in repo.files:
            content = repo.files[path]
            if "raw" in request.headers["Accept"]:
                return web.Response(body=content)
            sent = base64.b64encode(content).decode() if len(content) <= 2**20 else ""
            shown = {
                "type": "file",
                "encoding": "base64" if sent else "none",
                "content": sent,
                "size": len(content),
                "sha": hashlib.sha1(content).hexdigest(),
                "html_url": f"{repo.url}/{repo.full_name}/blob/main/{path}",
            }
            return web.json_response(shown)
        under = f"{path}/" if path else ""
        below = {n.removeprefix(under).partition("/") for n in repo.files if n.startswith(under)}
        if not below:
            raise Refusal(404, "Not Found")
        kinds = {(name, "dir" if slash else "file") for name, slash, _ in below}
        return web.json_response([{"name": n, "type": kind} for n, kind in sorted(kinds)])

    async def _tree(self, request: web.Request) -> web.Response:
        tree = [{"path": path, "type": "blob"} for path in sorted(self._of(request).files)]
        return web.json_response({"tree": tree, "truncated": False})

    async def _commit(self, request: web.Request) -> web.Response:
        ref = request.match_info["ref"].replace("HEAD", "main")
        sha = self._of(request).branches.get(ref)
        if sha is None:
            raise Refusal(422, f"No commit found for SHA: {ref}")
        return web.Response(text=sha)

    async def _elsewhere(self, request: web.Request) -> web.Response:
        """Logs and archives are on other hosts, which refuse the token."""
        self._of(request)
        where = f"http://localhost:{self._port}/elsewhere{request.path}"
        return web.Response(status=302, headers={"Location": where})

    async def _blob(self, request: web.Request) -> web.Response:
        _, owner, name, *what = request.match_info["rest"].split("/")
        repo = self.repos[f"{owner}/{name}"]
        if what[0] == "actions":
            return web.Response(text=repo.logs[int(what[2])])
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for path, content in repo.files.items():
                entry = tarfile.TarInfo(f"{owner}-{name}-aaaaaaa/{path}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return web.Response(body=out.getvalue(), content_type="application/x-gzip")


@asynccontextmanager
async def github_server() -> AsyncGenerator[GitHubServer]:
    """Run a stand-in on a free port of the loopback interface."""
    server = GitHubServer()
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.at(runner.addresses[0][1])
    try:
        yield server
    finally:
        server.faults.open_all()
        await runner.cleanup()
