"""The manifest of the app for Slack, against everything that the surface does."""

from __future__ import annotations

import ast
import inspect
import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml  # type: ignore[import-untyped]
from slack_sdk.web import async_client
from typer.testing import CliRunner

import integrations.surfaces.slack
from bot.cli import cli
from bot.manifest import EVENTS_PATH, HEAD, REDIRECT_PATH, Way, as_yaml, manifest
from integrations.surfaces.slack import surface
from integrations.surfaces.slack.reading import workspace
from integrations.surfaces.slack.reading.actions import intent
from integrations.surfaces.slack.reading.events import READERS
from integrations.surfaces.slack.reading.payload import Bot, Ignored
from integrations.surfaces.slack.teams import oauth
from integrations.surfaces.slack.teams.requirements import requirements
from tests.standins import slack_server  # noqa: F401 - fills the list of methods
from tests.standins.slack_calls import METHODS
from tests.surfaces.slack.payloads import US, command, said, shortcut

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HERE = Path(str(integrations.surfaces.slack.__file__)).parent
BOT = Bot(US)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@cache
def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text("utf-8")) for path in sorted(HERE.rglob("*.py"))]


def calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The attribute that each call is of, and its first argument if that is a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            text = first.value if isinstance(first, ast.Constant) else ""
            yield node.func.attr, text if isinstance(text, str) else ""


def of_the_sdk() -> dict[str, set[str]]:
    """The methods of the Web API behind each function of the SDK's client."""
    source = ast.parse(inspect.getsource(async_client))
    called = {
        node.name: list(calls(node))
        for node in ast.walk(source)
        if isinstance(node, ast.AsyncFunctionDef)
    }

    def behind(name: str) -> set[str]:
        found = {text for attribute, text in called[name] if attribute == "api_call" and text}
        inner = {attribute for attribute, _ in called[name] if attribute in called}
        return found.union(*(behind(each) for each in inner - {name, "api_call"}))

    return {name: behind(name) for name in called if name != "api_call"}


@cache
def used() -> set[str]:
    """Every method of the Web API that the surface calls."""
    behind = of_the_sdk()
    return {
        method
        for tree in trees()
        for attribute, _ in calls(tree)
        for method in behind.get(attribute, ())
    }


def test_the_manifest_in_the_repository_is_the_one_that_is_printed() -> None:
    printed = CliRunner().invoke(cli, ["manifest"])
    assert printed.exit_code == 0
    assert (ROOT / "manifest.yml").read_text("utf-8") == printed.stdout


@pytest.mark.parametrize(
    "way",
    [Way(), Way("https://mynah.example", socket=False), Way("https://m.example/x/", oauth=True)],
)
def test_as_yaml_and_as_json_it_says_the_same(way: Way) -> None:
    assert yaml.safe_load(HEAD + as_yaml(manifest(way))) == manifest(way)
    odd = {"a": ["no", "x: y", "-", "# z", "", 'say "hi"', "1", "null", "ünï", "end "]}
    assert yaml.safe_load(as_yaml(odd)) == odd


def test_for_http_and_many_workspaces_it_says_where_slack_comes_to() -> None:
    printed = CliRunner().invoke(
        cli, ["manifest", "--url", "https://mynah.example/", "--oauth", "--json"]
    )
    made = json.loads(printed.stdout)
    events = "https://mynah.example/slack/events"
    settings = made["settings"]
    assert settings["event_subscriptions"]["request_url"] == events
    assert settings["interactivity"] == {"is_enabled": True, "request_url": events}
    assert made["features"]["slash_commands"][0]["url"] == events
    back = made["oauth_config"]["redirect_urls"]
    assert back == ["https://mynah.example/slack/oauth_redirect"]
    flags = ("org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled")
    assert [settings[flag] for flag in flags] == [True, False, True]
    assert (EVENTS_PATH, REDIRECT_PATH) == (surface.PATH, oauth.REDIRECT_PATH)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--http"], "add --url"),
        (["--oauth"], "add --url"),
        (["--url", "http://mynah.example"], "https://"),
        (["--url", "https://me:hunter2@mynah.example"], "with a path at most"),
    ],
)
def test_a_way_that_slack_cannot_go_is_refused_in_a_sentence(
    arguments: list[str], said: str
) -> None:
    printed = CliRunner().invoke(cli, ["manifest", *arguments])
    assert (printed.exit_code, printed.stdout) == (1, "")
    assert said in printed.stderr
    assert "hunter2" not in printed.stderr


def test_every_method_that_is_called_is_known_with_its_scopes() -> None:
    needs = requirements()
    # The SDK itself exchanges codes and renews tokens for us.
    assert used() | {"oauth.v2.access"} == needs.methods.keys() | needs.apart.keys()
    asked = ("send", "_pages", "_try")
    named = {text for tree in trees() for name, text in calls(tree) if name in asked and text}
    assert named
    assert named <= used()


def test_every_scope_is_there_for_something_and_nothing_lacks_one() -> None:
    needs = requirements()
    features = manifest(Way())["features"].keys()
    assert needs.features.keys() <= features
    needed = [
        *needs.methods.values(),
        *needs.features.values(),
        *(event.needs for event in needs.events.values()),
    ]
    assert {scope for scopes in needed for scope in scopes} == needs.scopes.keys()


def test_the_stand_in_asks_for_the_same_scopes() -> None:
    for name, needs in requirements().methods.items():
        asked = METHODS[name].scopes
        # It lists what any kind of conversation needs; we name those that we ask about.
        assert set(needs) <= set(asked), name
        assert bool(needs) is bool(asked), name


def test_what_can_be_read_is_subscribed_to_or_said_why_not() -> None:
    needs = requirements()
    told = {name.partition(".")[0] for name in needs.events}
    assert told | needs.untold.keys() == READERS.keys()
    assert not told & needs.untold.keys()
    assert {"channel_shared", "channel_unshared", "channel_id_changed"} <= workspace.CHANGES.keys()


def test_what_the_manifest_offers_is_taken() -> None:
    features = manifest(Way())["features"]
    message = said("The build runs on Tuesdays.")
    for offered in features["shortcuts"]:
        assert not isinstance(intent(shortcut(offered["callback_id"], message), BOT, NOW), Ignored)
    assert isinstance(intent(shortcut("mynah_unknown", message), BOT, NOW), Ignored)
    (slash,) = features["slash_commands"]
    assert command("help")["command"] == slash["command"]
    assert not isinstance(intent(command("help"), BOT, NOW), Ignored)
    source = ast.parse((ROOT / "bot" / "commands.py").read_text("utf-8"))
    known = {
        str(ast.literal_eval(node.args[0]))
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Command"
    }
    hinted = {each.split()[0] for each in slash["usage_hint"].split(" | ")}
    assert hinted <= known | {"ask"}


def test_the_page_about_slack_gives_the_same_reasons() -> None:
    page = (ROOT / "docs" / "slack.md").read_text("utf-8")
    needs = requirements()
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.+?) \|$", page, re.MULTILINE))
    expected = {name: scope.why for name, scope in needs.scopes.items()}
    expected |= {name: event.does for name, event in needs.events.items()}
    assert {name: rows.get(name) for name in expected} == expected
