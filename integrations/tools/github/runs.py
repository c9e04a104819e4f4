"""Runs of workflows: look, find what failed, run again, wait for the end.

Annotations here are read when the tools are made, so they are not postponed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_ai import RunContext

from integrations.contracts.tools import Call, ToolFailure, ToolResult
from integrations.tools.github import words
from integrations.tools.github.client import GitHub
from integrations.tools.given import Given
from learning.actions.contract import Phase

MOST_LOG: Final = 256 * 1024
"""Bytes of the end of a job's log that are looked through."""
MOST_LINES: Final = 60
FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 20.0
GROWS: Final = 1.5
SPARE: Final = 0.9
"""How much of the time that a call has is spent waiting; the rest is for telling so."""
_QUEUED: Final = frozenset({"queued", "requested", "waiting", "pending"})
_FAILED: Final = frozenset({"failure", "timed_out", "startup_failure"})
_STAMP: Final = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT\S+Z ?")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


class Runs:
    """The runs of repositories' workflows."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    async def list_runs(
        self, repo: str, branch: str = "", status: str = "", limit: int = 10
    ) -> Given:
        """List runs of workflows, the newest first.

        Args:
            repo: the repository, OWNER/NAME.
            branch: only those of this branch.
            status: only those in this status, or with this conclusion: "failure".
            limit: how many at most, up to 100.
        """
        path = words.at(repo, "/actions/runs")
        page = await self._github.page(
            path, min(limit, 100), under="workflow_runs", branch=branch, status=status
        )
        return words.listing(page, "runs", _line, [_data(run) for run in page.items])

    async def get_run(self, repo: str, run_id: int) -> Given:
        """Look at a run of a workflow: its jobs, and the steps that failed.

        Args:
            repo: the repository, OWNER/NAME.
            run_id: of the run.
        """
        run = await self._github.get(words.at(repo, f"/actions/runs/{run_id}"))
        jobs = await self._jobs(repo, run_id)
        return _told(run, jobs)

    async def get_run_log(self, repo: str, run_id: int) -> Given:
        """Read what the failing step of a run said, from its log.

        Args:
            repo: the repository, OWNER/NAME.
            run_id: of the run.
        """
        jobs = await self._jobs(repo, run_id)
        job = next((each for each in jobs if each.get("conclusion") in _FAILED), None)
        if job is None:
            raise ToolFailure("not_found", f"No job of run {run_id} failed.")
        path = words.at(repo, f"/actions/jobs/{job.get('id')}/logs")
        log = await self._github.text(path, MOST_LOG, end=True)
        shown, cut = _failing(log)
        name, step = words.line(job.get("name")), _failed_step(job)
        url = str(job.get("html_url", ""))
        text = f"{name}: {step or 'a step'} failed.\n\n```\n{shown}\n```"
        data = {"run_id": run_id, "job": name, "step": step, "log": shown}
        return ToolResult(text, data, url, cut=cut)

    async def rerun(self, repo: str, run_id: int, failed_only: bool = True) -> Given:
        """Run a workflow again.

        Args:
            repo: the repository, OWNER/NAME.
            run_id: of the run.
            failed_only: whether only the jobs that failed.
        """
        what = "rerun-failed-jobs" if failed_only else "rerun"
        await self._github.send("POST", words.at(repo, f"/actions/runs/{run_id}/{what}"))
        return ToolResult(f"Run {run_id} runs again.", {"id": run_id, "failed_only": failed_only})

    async def wait_for_run(self, ctx: RunContext[Call], repo: str, run_id: int) -> Given:
        """Wait until a run of a workflow has ended, and say how.

        Args:
            ctx: the call.
            repo: the repository, OWNER/NAME.
            run_id: of the run.
        """
        path = words.at(repo, f"/actions/runs/{run_id}")
        clock = self._github.monotonic
        begun, pause = clock(), FIRST_PAUSE_S
        ends = begun + ctx.deps.timeout_s * SPARE
        queued_until = begun
        while True:
            run = await self._github.get(path)
            now = clock()
            if run.get("status") in _QUEUED:
                queued_until = now
            phases = _phases(begun, queued_until, now)
            if run.get("status") == "completed":
                told = _told(run, await self._jobs(repo, run_id))
                return ToolResult(told.text, told.data, told.link, phases, told.cut)
            if now + pause > ends:
                raise ToolFailure(
                    "timeout",
                    f"Run {run_id} has not ended in {round(now - begun)} seconds: "
                    "ask for it again later.",
                    str(run.get("status", "")),
                    phases=phases,
                )
            await self._github.sleep(pause)
            pause = min(pause * GROWS, LONGEST_PAUSE_S)

    async def _jobs(self, repo: str, run_id: int) -> Sequence[Mapping[str, Any]]:
        path = words.at(repo, f"/actions/runs/{run_id}/jobs")
        return (await self._github.page(path, 100, under="jobs")).items


def _phases(begun: float, queued_until: float, now: float) -> tuple[Phase, ...]:
    """Return where the time went: in the queue, in the build; all of it was waiting."""
    queue, build = (queued_until - begun) * 1000, (now - queued_until) * 1000
    found = (Phase("queue", queue, waiting=True), Phase("build", build, waiting=True))
    return tuple(phase for phase in found if phase.ms > 0)


def _told(run: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> ToolResult:
    lines = [_line(run)]
    for job in jobs:
        state = job.get("conclusion") or job.get("status")
        step = _failed_step(job)
        lines.append(f"- {words.line(job.get('name'))}: {state}" + (f" in {step}" if step else ""))
    data = {
        **_data(run),
        "jobs": [
            {
                "id": job.get("id"),
                "name": words.line(job.get("name")),
                "conclusion": job.get("conclusion"),
                "failed_step": _failed_step(job),
            }
            for job in jobs
        ],
    }
    return ToolResult("\n".join(lines), data, str(run.get("html_url", "")))


def _failed_step(job: Mapping[str, Any]) -> str:
    steps = job.get("steps") or ()
    return next((words.line(s.get("name")) for s in steps if s.get("conclusion") in _FAILED), "")


def _line(run: Mapping[str, Any]) -> str:
    state = run.get("conclusion") or run.get("status")
    name = words.line(run.get("display_title") or run.get("name"))
    where = f"{words.line(run.get('name'))} on {words.line(run.get('head_branch'))}"
    return (
        f"[{run.get('id')}]({run.get('html_url', '')}) {name} · {where} · {state} · "
        f"{words.day(run.get('created_at'))}"
    )


def _data(run: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("id", "name", "status", "conclusion", "head_branch", "head_sha", "event", "created_at")
    return {**{key: run.get(key) for key in kept}, "url": run.get("html_url", "")}


def _failing(log: str) -> tuple[str, bool]:
    """Return the part of a log before its first error, and whether some was left out."""
    lines = [_COLOUR.sub("", _STAMP.sub("", line)) for line in log.splitlines()]
    error = next((n for n, line in enumerate(lines) if line.startswith("##[error]")), len(lines))
    starts = [n for n in range(error) if lines[n].startswith("##[group]Run ")]
    first = starts[-1] if starts else 0
    kept = lines[max(first, error - MOST_LINES) : error + 1]
    shown = [words.line(line.replace("##[error]", "Error: "), 500) for line in kept]
    tidy = [line for line in shown if not line.startswith(("##[group]", "##[endgroup]"))]
    return "\n".join(tidy), len(kept) < len(lines)
