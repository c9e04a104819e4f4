"""What the stand-in for GitHub keeps, and what it refuses of it, in GitHub's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Refusal(Exception):  # noqa: N818 - it is an answer
    """Something GitHub does not do; the body is in its shape."""

    def __init__(self, status: int, message: str, errors: list[Json] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        if errors is not None:
            self.body["errors"] = errors
        self.body["status"] = str(status)


def invalid(resource: str, name: str, code: str = "invalid", **more: Any) -> Refusal:
    return Refusal(
        422, "Validation Failed", [{**more, "resource": resource, "field": name, "code": code}]
    )


@dataclass(slots=True)
class Repo:
    """A repository. ``issues`` holds pull requests, too, as GitHub's lists do."""

    full_name: str
    url: str
    private: bool = False
    people: set[str] = field(default_factory=lambda: {"ada", "mynah"})
    labels: set[str] = field(default_factory=lambda: {"bug"})
    milestones: set[int] = field(default_factory=set)
    branches: dict[str, str] = field(default_factory=lambda: {"main": "a" * 40})
    files: dict[str, bytes] = field(default_factory=dict)
    issues: dict[int, Json] = field(default_factory=dict)
    comments: list[Json] = field(default_factory=list)
    reviews: list[Json] = field(default_factory=list)
    runs: dict[int, Json] = field(default_factory=dict)
    jobs: dict[int, list[Json]] = field(default_factory=dict)
    logs: dict[int, str] = field(default_factory=dict)
    ahead: dict[int, list[str]] = field(default_factory=dict)
    """The statuses that a run will have, one a look."""

    def shown(self) -> Json:
        owner, name = self.full_name.split("/")
        return {
            "id": 1,
            "name": name,
            "full_name": self.full_name,
            "owner": {"login": owner},
            "private": self.private,
            "html_url": f"{self.url}/{self.full_name}",
            "description": f"The {name} of {owner}",
            "language": "Python",
            "default_branch": "main",
            "open_issues_count": sum(i["state"] == "open" for i in self.issues.values()),
            "pushed_at": "2026-05-01T10:00:00Z",
            "archived": False,
            "topics": [],
        }

    def issue(self, number: int) -> Json:
        if number not in self.issues:
            raise Refusal(404, "Not Found")
        return self.issues[number]

    def pull(self, number: int) -> Json:
        issue = self.issue(number)
        if "head" not in issue:
            raise Refusal(404, "Not Found")
        return issue

    def open(self, body: Json, user: str, at: str) -> Json:
        """Open an issue, or refuse as GitHub does."""
        if not isinstance(body.get("title"), str) or not body["title"].strip():
            raise invalid("Issue", "title", "missing_field")
        if len(body["title"]) > 256:
            said = "title is too long (maximum is 256 characters)"
            raise invalid("Issue", "title", "custom", message=said)
        self.check(body)
        number = len(self.issues) + 1
        issue: Json = {
            "number": number,
            "title": body["title"],
            "body": body.get("body") or None,
            "state": "open",
            "state_reason": None,
            "html_url": f"{self.url}/{self.full_name}/issues/{number}",
            "user": {"login": user},
            "labels": [{"name": name} for name in body.get("labels") or ()],
            "assignees": [{"login": name} for name in body.get("assignees") or ()],
            "milestone": body.get("milestone"),
            "created_at": at,
            "updated_at": at,
        }
        self.labels |= set(body.get("labels") or ())
        self.issues[number] = issue
        return issue

    def check(self, body: Json) -> None:
        for name in ("labels", "assignees"):
            value = body.get(name)
            if value is not None and not isinstance(value, list):
                said = f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not an array."
                raise Refusal(422, said)
        strangers = [name for name in body.get("assignees") or () if name not in self.people]
        if strangers:
            raise invalid("Issue", "assignees", value=strangers)
        if body.get("milestone") not in {None, *self.milestones}:
            raise invalid("Issue", "milestone", value=body["milestone"])

    def change(self, number: int, body: Json, at: str) -> Json:
        issue = self.issue(number)
        self.check(body)
        if body.get("state") not in {None, "open", "closed"}:
            raise invalid("Issue", "state", value=body["state"])
        for name in ("title", "body", "state", "state_reason", "milestone"):
            if name in body:
                issue[name] = body[name]
        if "labels" in body:
            issue["labels"] = [{"name": name} for name in body["labels"]]
        if "assignees" in body:
            issue["assignees"] = [{"login": name} for name in body["assignees"]]
        issue["updated_at"] = at
        return issue

    def propose(self, body: Json, user: str, at: str) -> Json:
        """Open a pull request, or refuse as GitHub does."""
        head = str(body.get("head", "")).rpartition(":")[2]
        for name, branch in (("head", head), ("base", body.get("base"))):
            if branch not in self.branches:
                raise invalid("PullRequest", name)
        if any(i.get("head", {}).get("ref") == head for i in self.issues.values()):
            owner = self.full_name.split("/")[0]
            said = f"A pull request already exists for {owner}:{head}."
            errors = [{"resource": "PullRequest", "code": "custom", "message": said}]
            raise Refusal(422, "Validation Failed", errors)
        pull = self.open(body, user, at)
        number = pull["number"]
        pull |= {
            "html_url": f"{self.url}/{self.full_name}/pull/{number}",
            "head": {"ref": head, "sha": self.branches[head]},
            "base": {"ref": body["base"]},
            "draft": bool(body.get("draft")),
            "merged": False,
            "mergeable": True,
            "merge_commit_sha": None,
            "pull_request": {},
            "files": [
                {
                    "filename": "src/auth.py",
                    "status": "modified",
                    "additions": 1,
                    "deletions": 1,
                    "patch": "@@ -1 +1 @@\n-old\n+new",
                }
            ],
        }
        return pull

    def merge(self, number: int, body: Json) -> Json:
        pull = self.pull(number)
        if pull["merged"] or pull["draft"] or not pull["mergeable"]:
            raise Refusal(405, "Pull Request is not mergeable")
        if body.get("sha") not in {None, pull["head"]["sha"]}:
            raise Refusal(409, "Head branch was modified. Review and try the merge again.")
        pull |= {"merged": True, "state": "closed", "merge_commit_sha": "c" * 40}
        return {"sha": "c" * 40, "merged": True, "message": "Pull Request successfully merged"}

    def review(self, number: int, body: Json, user: str, at: str) -> Json:
        self.pull(number)
        event = body.get("event")
        if event not in {"APPROVE", "REQUEST_CHANGES", "COMMENT"}:
            raise invalid("PullRequestReview", "event", value=event)
        if event != "APPROVE" and not body.get("body"):
            raise Refusal(422, "Unprocessable Entity", [{"message": "body can't be blank"}])
        review: Json = {
            "id": len(self.reviews) + 1,
            "pull": number,
            "user": {"login": user},
            "body": body.get("body", ""),
            "state": event,
            "submitted_at": at,
            "html_url": f"{self.url}/{self.full_name}/pull/{number}#r{len(self.reviews) + 1}",
        }
        self.reviews.append(review)
        return review

    def comment(self, number: int, body: Json, user: str, at: str) -> Json:
        issue = self.issue(number)
        if not body.get("body"):
            raise invalid("IssueComment", "body", "missing_field")
        made: Json = {
            "id": len(self.comments) + 1,
            "issue": number,
            "body": body["body"],
            "user": {"login": user},
            "created_at": at,
            "html_url": f"{issue['html_url']}#issuecomment-{len(self.comments) + 1}",
        }
        self.comments.append(made)
        return made

    def run(
        self, *ahead: str, conclusion: str = "success", log: str = "", step: str = "Run tests"
    ) -> Json:
        """Add a run that goes through statuses, one a look, and ends."""
        number = len(self.runs) + 1
        run: Json = {
            "id": number,
            "name": "CI",
            "display_title": "Make it better",
            "head_branch": "main",
            "head_sha": "a" * 40,
            "event": "push",
            "status": "completed",
            "conclusion": conclusion,
            "created_at": "2026-05-01T10:00:00Z",
            "html_url": f"{self.url}/{self.full_name}/actions/runs/{number}",
        }
        self.ahead[number] = list(ahead)
        self.runs[number] = run
        steps = [
            {"name": "Set up", "conclusion": "success"},
            {"name": step, "conclusion": conclusion},
        ]
        self.jobs[number] = [
            {
                "id": number * 10,
                "name": "test",
                "status": "completed",
                "conclusion": conclusion,
                "steps": steps,
                "html_url": f"{run['html_url']}/job/{number * 10}",
            }
        ]
        self.logs[number * 10] = log
        return run
