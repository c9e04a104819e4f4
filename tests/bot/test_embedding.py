from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.standins.embedding_server import EmbeddingServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bot.conftest import Opener

TOLD = "Our launch codename is QUETZAL."
ASKED = "What is our launch codename?"
EMBEDDERS = "SELECT embedder, count(*) FROM vectors WHERE workspace_id = %s GROUP BY embedder"


@pytest.fixture
def embeddings() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as server:
        yield server


async def test_another_embedder_embeds_everything_anew(
    opened: Opener, embeddings: EmbeddingServer
) -> None:
    before = await opened()
    await before.ask(TOLD, thread="t1")
    await before.ask("What is 2+2?", thread="t2")
    assert before.rows(EMBEDDERS) == [(before.mynah.embedding.name, 2)]

    after = await opened(embedder="ollama:nomic-embed-text", OLLAMA_BASE_URL=embeddings.url)
    assert after.mynah.embedding.name != before.mynah.embedding.name
    await after.mynah.schedule.fire("embed")
    await after.mynah.schedule.fire("embed")
    jobs = after.rows(
        "SELECT count(*) FROM procrastinate_jobs WHERE args->>'workspace_id' = %s "
        "AND task_name = 'embed'"
    )
    assert jobs == [(1,)], "asking twice queues one job"
    await after.mynah.work_off()
    assert after.rows(EMBEDDERS) == [(after.mynah.embedding.name, 2)]
    assert any(TOLD in text for text in embeddings.texts())


async def test_words_find_what_an_embedder_that_is_down_cannot(
    opened: Opener, embeddings: EmbeddingServer
) -> None:
    world = await opened(embedder="ollama:nomic-embed-text", OLLAMA_BASE_URL=embeddings.url)
    embeddings.statuses = [500] * 1_000
    await world.ask(TOLD, thread="t1")
    assert world.count("recall_items") == 1
    assert world.rows(EMBEDDERS) == []
    reply = await world.ask(ASKED, thread="t2")
    assert "QUETZAL" in reply.text
    why = await world.command("why")
    assert "The embedder was down" in why.text
    embeddings.statuses = []
    await world.ask("Which codename does our launch have?", thread="t3")
    assert "The embedder was down" not in (await world.command("why")).text
    assert await world.mynah.embedding.catch_up(world.workspace) == 2
    assert world.rows(EMBEDDERS) == [(world.mynah.embedding.name, 3)]


async def test_catching_up_stops_while_the_embedder_is_down(
    opened: Opener, embeddings: EmbeddingServer
) -> None:
    before = await opened()
    await before.ask(TOLD)
    world = await opened(embedder="ollama:nomic-embed-text", OLLAMA_BASE_URL=embeddings.url)
    embeddings.statuses = [500] * 1_000
    assert await world.mynah.embedding.catch_up(world.workspace) == 0
    assert world.rows(EMBEDDERS) == [(before.mynah.embedding.name, 1)], "the old ones still serve"
