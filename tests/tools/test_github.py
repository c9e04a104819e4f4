"""GitHub's tools, against a stand-in that refuses what GitHub refuses."""

from __future__ import annotations

import asyncio
import json
import tarfile
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from integrations.contracts.tools import ToolFailure
from integrations.tools.github.client import GitHub
from integrations.tools.github.contents import archive, commit
from integrations.tools.github.settings import GitHubSettings
from integrations.tools.github.toolset import FACTS, toolbox
from learning.actions.contract import HARMLESS
from learning.store.ids import new_id
from tests.standins.emulate import emulated_github
from tests.standins.github_server import GitHubServer, github_server
from tests.standins.npm import needs
from tests.tools.services import Time, Used, secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ISSUES = "POST /repos/acme/api/issues"


@pytest.fixture
async def github() -> AsyncIterator[GitHubServer]:
    async with github_server() as server:
        server.repo("acme/api")
        yield server


@asynccontextmanager
async def used(settings: GitHubSettings, server: GitHubServer | None = None) -> AsyncIterator[Used]:
    time = Time()
    clock = time.read if server is None else (lambda: server.now)
    box = toolbox(settings, GitHub(settings, sleep=time.sleep, clock=clock, monotonic=time.read))
    try:
        yield Used(box, time)
    finally:
        await box.close()


def settings_of(server: GitHubServer, timeout_s: float = 5.0) -> GitHubSettings:
    return GitHubSettings(secret(server.token), api_url=server.api_url, timeout_s=timeout_s)


@pytest.fixture
async def tools(github: GitHubServer) -> AsyncIterator[Used]:
    async with used(settings_of(github), github) as tools:
        yield tools


async def test_every_tool_is_listed_with_what_it_does_to_the_world(tools: Used) -> None:
    listed = {tool.name: tool for tool in await tools.box.tools("w1")}
    assert set(listed) == {f"github.{name}" for name in FACTS}
    create = listed["github.create_issue"]
    assert (create.effect, create.title, create.asks) == ("writes", "Open an issue", "title")
    assert create.parameters["required"] == ["repo", "title"]
    assert "ctx" not in create.parameters["properties"]
    assert create.parameters["properties"]["labels"]["description"]
    assert listed["github.wait_for_run"].slow
    assert listed["github.get_pull"].effect == "reads"


async def test_an_issue_is_opened_read_changed_and_found_in_the_list(
    tools: Used, github: GitHubServer
) -> None:
    opened = await tools.do("create_issue", repo="acme/api", title="Login fails", labels=["bug"])
    assert opened.text == f"Opened: [#1]({opened.link}) Login fails"
    assert opened.data["labels"] == ["bug"]
    await tools.do("comment", repo="acme/api", number=1, body="Since **Monday**.")
    await tools.do("label_issue", repo="acme/api", number=1, labels=["urgent"])
    read = await tools.do("get_issue", repo="acme/api", number=1)
    assert "Since **Monday**." in read.text
    assert "<!--" not in read.text
    assert read.data["labels"] == ["bug", "urgent"]
    closed = await tools.do("update_issue", repo="acme/api", number=1, state="closed")
    assert closed.data["state"] == "closed"
    assert (await tools.do("list_issues", repo="acme/api")).text == "No issues."
    listed = await tools.do("list_issues", repo="acme/api", state="all")
    assert [item["title"] for item in listed.data["items"]] == ["Login fails"]
    assert "closed · by mynah · bug, urgent" in listed.text
    assert len(github.issues("acme/api")) == 1


async def test_one_action_makes_one_thing_however_often_it_is_tried(
    tools: Used, github: GitHubServer
) -> None:
    action = new_id()
    github.fail(ISSUES, 502, done=True)  # it was done, and the answer was lost
    done = await tools.do("create_issue", action, repo="acme/api", title="Once")
    again = await tools.do("create_issue", action, repo="acme/api", title="Once")
    assert done.data["number"] == again.data["number"] == 1
    assert again.text.startswith("Opened before: ")
    assert len(github.issues("acme/api")) == 1
    github.fail("POST */comments", 0, done=True)
    for _ in range(2):
        await tools.do("comment", action, repo="acme/api", number=1, body="Once")
    assert len(github.comments("acme/api")) == 1
    github.fail("POST */comments", 502)  # it was not done
    lost = await tools.fails("comment", repo="acme/api", number=1, body="Twice")
    assert lost.kind == "timeout"
    assert "nobody can tell" in lost.message
    assert len(github.comments("acme/api")) == 1
    assert len(github.called("POST /repos/acme/api/issues/1/comments")) == 2


async def test_what_github_refuses_says_why_for_learning_and_what_to_do_for_people(
    tools: Used, github: GitHubServer
) -> None:
    wrong = await tools.fails("create_issue", repo="acme/api", title="x", assignees=["nobody"])
    assert (wrong.kind, wrong.status) == ("invalid", 422)
    field = {"value": ["nobody"], "resource": "Issue", "field": "assignees", "code": "invalid"}
    assert json.loads(wrong.said.removeprefix("Validation Failed: ")) == [field]
    unnamed = await tools.fails("get_repository", repo="api")
    assert (unnamed.kind, unnamed.said) == ("invalid", "repo: should be owner/name")
    await tools.fails("get_repository", repo="acme/..")
    assert (await tools.fails("list_issues", repo=7)).kind == "invalid"
    absent = await tools.fails("get_issue", repo="acme/api", number=9)
    assert absent.kind == "not_found"
    assert absent.message == "There is no acme/api issues 9, or the token may not see it."
    needs_more = {"X-Accepted-GitHub-Permissions": "issues=write"}
    github.fail(ISSUES, 403, {"message": "Resource not accessible"}, headers=needs_more)
    denied = await tools.fails("create_issue", repo="acme/api", title="x")
    assert (denied.kind, denied.message.endswith("It needs issues=write.")) == ("denied", True)
    github.revoke()
    revoked = await tools.fails("create_issue", repo="acme/api", title="x")
    assert (revoked.kind, revoked.status) == ("denied", 401)
    assert "revoked" in revoked.message
    assert github.token not in revoked.message + revoked.said
    assert {wrong.kind, absent.kind, denied.kind, revoked.kind} <= HARMLESS
    assert github.issues("acme/api") == []


async def test_a_limit_is_told_with_its_end_and_nothing_is_asked_until_then(
    tools: Used, github: GitHubServer
) -> None:
    github.remaining = 0
    limited = await tools.fails("get_repository", repo="acme/api")
    assert (limited.kind, limited.retry_after_s) == ("rate_limited", 900)
    asked = len(github.calls)
    await tools.fails("list_issues", repo="acme/api")
    assert len(github.calls) == asked
    github.now += 901
    github.remaining = 100
    await tools.do("get_repository", repo="acme/api")
    too_fast = {"message": "You have exceeded a secondary rate limit."}
    github.fail("GET /search/code", 403, too_fast, headers={"Retry-After": "30"})
    searched = await tools.fails("search_code", query="login")
    assert (searched.kind, searched.retry_after_s) == ("rate_limited", 30)
    await tools.do("get_repository", repo="acme/api")  # another limit


async def test_what_did_not_change_costs_none_of_the_limit(
    tools: Used, github: GitHubServer
) -> None:
    for number in range(130):
        github.repo("acme/api").open({"title": f"{number}"}, "ada", "2026-05-01T10:00:00Z")
    listed = await tools.do("list_issues", repo="acme/api", limit=40)
    assert len(listed.data["items"]) == 40
    assert listed.cut
    left = github.remaining
    assert await tools.do("list_issues", repo="acme/api", limit=40) == listed
    assert github.remaining == left
    github.repo("acme/api").open({"title": "new"}, "ada", "2026-05-01T10:00:00Z")
    changed = await tools.do("list_issues", repo="acme/api", limit=40)
    assert changed.data["items"][0]["title"] == "new"


async def test_answers_that_are_late_broken_or_endless_are_failures_of_their_own(
    github: GitHubServer,
) -> None:
    async with used(settings_of(github, timeout_s=0.2), github) as tools:
        repo = "GET /repos/acme/api"
        github.fail(repo, 503)
        await tools.do("get_repository", repo="acme/api")  # a read is tried again
        github.fail(repo, 503, times=2)
        assert (await tools.fails("get_repository", repo="acme/api")).kind == "unavailable"
        github.fail(repo, 200, "<html>A proxy says hello</html>")
        assert (await tools.fails("get_repository", repo="acme/api")).kind == "broken"
        github.fail(repo, 200, b'"' + b"x" * (11 * 2**20))
        assert (await tools.fails("get_repository", repo="acme/api")).kind == "too_large"
        gate = github.hold("GET /repos/acme/api/issues")
        # Looking whether it is there changed nothing, so it is certain that nothing happened.
        late = await tools.fails("create_issue", repo="acme/api", title="x")
        assert late.kind == "unavailable"
        gate.open()
        gate = github.hold(ISSUES)
        unknown = await tools.fails("create_issue", repo="acme/api", title="x")
        assert unknown.kind == "timeout"
        gate.open()
    async with used(GitHubSettings(api_url=github.api_url)) as tools:
        assert (await tools.fails("list_repositories")).kind == "denied"


async def test_a_pull_request_is_opened_reviewed_and_merged_once(
    tools: Used, github: GitHubServer
) -> None:
    github.repo("acme/api").branches["fix"] = "f" * 40
    pull: dict[str, Any] = {"repo": "acme/api", "title": "Fix it", "head": "fix"}
    opened = await tools.do("create_pull", **pull)
    assert (opened.data["head"], opened.data["base"]) == ("fix", "main")
    twice = await tools.fails("create_pull", **pull)
    assert twice.kind == "conflict"
    wrong = await tools.fails("create_pull", **{**pull, "head": "nowhere"})
    assert (wrong.kind, '"field": "head"' in wrong.said) == ("invalid", True)
    blank = await tools.fails("review_pull", repo="acme/api", number=1, verdict="request_changes")
    assert blank.kind == "invalid"
    action = uuid4()
    for _ in range(2):
        await tools.do("review_pull", action, repo="acme/api", number=1, verdict="approve")
    assert [review["state"] for review in github.repo("acme/api").reviews] == ["APPROVE"]
    read = await tools.do("get_pull", repo="acme/api", number=1, diff=True)
    assert "- src/auth.py (modified, +1 −1)" in read.text
    assert "-old\n+new" in read.text
    stale = await tools.fails("merge_pull", repo="acme/api", number=1, sha="b" * 40)
    assert stale.kind == "conflict"
    github.fail("PUT */merge", 502, done=True)
    for did in ("Merged before", "Merged before"):
        merged = await tools.do("merge_pull", repo="acme/api", number=1, method="squash")
        assert (merged.text.startswith(did), merged.data["merged"]) == (True, True)
    assert (await tools.do("list_pulls", repo="acme/api")).text == "No pull requests."


LOG = """\
2026-05-01T10:00:00.1Z ##[group]Run make setup
2026-05-01T10:00:01.1Z it is set up
2026-05-01T10:00:02.1Z ##[group]Run make test
2026-05-01T10:00:02.2Z ##[endgroup]
2026-05-01T10:00:03.1Z \x1b[31mtest_login failed\x1b[0m: expected 200
2026-05-01T10:00:04.1Z ##[error]Process completed with exit code 1.
2026-05-01T10:00:05.1Z cleaning up
"""


async def test_a_run_is_waited_for_and_its_failing_step_is_shown(
    tools: Used, github: GitHubServer
) -> None:
    acme = github.repo("acme/api")
    acme.run("queued", "in_progress", "in_progress", conclusion="failure", log=LOG)
    waited = await tools.do("wait_for_run", timeout_s=600, repo="acme/api", run_id=1)
    assert waited.data["conclusion"] == "failure"
    assert "- test: failure in Run tests" in waited.text
    assert [(phase.name, phase.waiting) for phase in waited.phases] == [("build", True)]
    assert tools.time.slept == [2.0, 3.0, 4.5]
    log = await tools.do("get_run_log", repo="acme/api", run_id=1)
    assert log.data["log"] == (
        "test_login failed: expected 200\nError: Process completed with exit code 1."
    )
    await tools.do("rerun", repo="acme/api", run_id=1)
    assert (await tools.fails("rerun", repo="acme/api", run_id=1)).kind == "conflict"
    acme.run(*["queued"] * 20)
    late = await tools.fails("wait_for_run", repo="acme/api", run_id=2)
    assert late.kind == "timeout"
    assert [phase.name for phase in late.phases] == ["queue"]
    listed = await tools.do("list_runs", repo="acme/api")
    assert [run["id"] for run in listed.data["items"]] == [1, 2]


async def test_files_are_read_listed_searched_and_fetched_all_at_once(
    tools: Used, github: GitHubServer, tmp_path: Path
) -> None:
    files = {"src/auth.py": b"def login(): ...\n", "logo.png": b"\0PNG", "big.txt": b"x" * 2**21}
    github.repo("acme/api", files)
    read = await tools.do("get_file", repo="acme/api", path="/src/auth.py")
    assert read.data["content"] == "def login(): ...\n"
    assert (await tools.do("get_file", repo="acme/api", path="src")).text == "auth.py"
    assert "no text" in (await tools.do("get_file", repo="acme/api", path="logo.png")).text
    big = await tools.do("get_file", repo="acme/api", path="big.txt")
    assert (big.cut, len(big.text) < 20_000) == (True, True)
    assert (await tools.fails("get_file", repo="acme/api", path="../x")).kind == "invalid"
    tree = await tools.do("list_files", repo="acme/api", under="src")
    assert tree.data["files"] == ["src/auth.py"]
    found = await tools.do("search_code", query="login", repo="acme/api")
    assert found.data["items"][0]["path"] == "src/auth.py"
    asked = GitHub(settings_of(github))
    assert await commit(asked, "acme/api") == "a" * 40
    here = tmp_path / "acme.tar.gz"
    assert await archive(asked, "acme/api", "main", here) == here.stat().st_size
    with tarfile.open(here) as kept:
        assert "acme-api-aaaaaaa/src/auth.py" in kept.getnames()
    with pytest.raises(ToolFailure) as large:
        await archive(asked, "acme/api", "main", here, most_bytes=100)
    assert large.value.kind == "too_large"
    assert not here.exists()
    await asked.close()


async def test_an_app_signs_in_and_gets_a_new_token_before_the_old_one_ends(
    github: GitHubServer,
) -> None:
    key = await asyncio.to_thread(rsa.generate_private_key, 65537, 2048)
    github.app_key = key.public_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    settings = GitHubSettings(
        app_id="7", private_key=secret(pem.decode()), installation_id="9", api_url=github.api_url
    )
    route = "POST /app/installations/9/access_tokens"
    async with used(settings, github) as tools:
        assert (await tools.do("list_repositories")).data["items"][0]["repo"] == "acme/api"
        await tools.do("get_repository", repo="acme/api")
        assert len(github.called(route)) == 1
        github.now += 3400
        await tools.do("get_repository", repo="acme/api")
        assert len(github.called(route)) == 2
        for token in list(github.tokens):
            github.revoke(token)
        await tools.do("get_repository", repo="acme/api")
        assert len(github.called(route)) == 3
        github.app_key = rsa.generate_private_key(65537, 2048).public_key()
        github.now += 4000
        refused = await tools.fails("get_repository", repo="acme/api")
        assert (refused.kind, "App" in refused.message) == ("denied", True)
    bad = GitHubSettings(
        app_id="7", private_key=secret("no key"), installation_id="9", api_url=github.api_url
    )
    async with used(bad) as tools:
        assert "private key" in (await tools.fails("list_repositories")).message


@needs("emulate")
@pytest.mark.xdist_group("emulate")
async def test_somebody_elses_github_takes_our_calls_too() -> None:
    async with emulated_github() as github:
        app = GitHubSettings(
            app_id=github.app_id,
            private_key=secret(github.private_key),
            installation_id=github.installation_id,
            api_url=github.url,
        )
        async with used(GitHubSettings(secret(github.token), api_url=github.url)) as tools:
            action = new_id()
            for _ in range(2):
                made = await tools.do("create_issue", action, repo="acme/api", title="Login fails")
                assert made.data["number"] == 1
                await tools.do("comment", action, repo="acme/api", number=1, body="Since Monday.")
            read = await tools.do("get_issue", repo="acme/api", number=1)
            assert [each["body"] for each in read.data["comments"]] == ["Since Monday."]
            closed = await tools.do("update_issue", repo="acme/api", number=1, state="closed")
            assert closed.data["state"] == "closed"
            assert (await tools.fails("get_repository", repo="acme/nope")).kind == "not_found"
            readme = await tools.do("get_file", repo="acme/api", path="README.md")
            assert "# api" in readme.text
            assert (await tools.do("list_runs", repo="acme/api")).text == "No runs."
        # Its clock is the real one, and so must be that of what is signed here.
        box = toolbox(app)
        try:
            seen = await Used(box, Time()).do("get_repository", repo="acme/api")
            assert seen.data["repo"] == "acme/api"
        finally:
            await box.close()
