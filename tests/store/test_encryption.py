"""What somebody who steals the disk or a backup can read: nothing that people wrote."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from learning.scope import WORKSPACE, person
from learning.store.cipher import Cipher
from learning.store.conversations import Conversations
from learning.store.doors import Inbox, Outbox
from learning.store.errors import StoreUnavailable
from learning.store.index import RecallIndex
from learning.store.knowledge import Knowledge, NewPassage
from learning.store.learnings import Learnings
from learning.store.schema import workspaces
from learning.store.store import Store
from tests.store.support import (
    EMBEDDER,
    NOW,
    Document,
    ask,
    directions,
    dump,
    exchange,
    finish,
    holds,
    item,
)

if TYPE_CHECKING:
    from pathlib import Path

    from learning.store.store import Unit
    from tests.database import Server

# Parts of real words would be stemmed; each of these stays one term.
MARKERS = tuple(
    f"{word}zq7x" for word in ("title", "said", "told", "learnt", "path", "read", "why")
)


async def write_everything(unit: Unit) -> None:
    title, said, told, learnt, path, read, why = MARKERS
    here = await exchange(unit, "U1", f"{title} {said}", f"{told} it is")
    await finish(unit, here.interaction_id, evidence=why)
    content = {"question": said, "answer": learnt}
    learnings = Learnings(unit)
    id_ = await learnings.put(
        "rated_answer", here.interaction_id, "U1", WORKSPACE, content,
        rating=5.0, confidence=0.5, now=NOW,
    )  # fmt: skip
    payload = {"text": said, path: why}
    await Inbox(unit).receive("web", "e1", "message", "U1", payload, NOW)
    await Outbox(unit).put(
        "k1", "web", here.conversation_id, here.interaction_id, "U1", {"text": told}, NOW
    )
    knowledge = Knowledge(unit)
    source = await knowledge.open_source(f"/home/{path}", "folder", person("U1"), "U1", NOW)
    passage = NewPassage(here.question_id, 0, "prose", title, read, 1, 2, None)
    document = Document(f"{path}.md", title)
    await knowledge.put_document(source, document, [passage], 1, person("U1"), NOW)
    index = RecallIndex(unit)
    await index.add(
        [item(" ".join(MARKERS), id_=id_, user_id="U1", vectors=directions(1))], EMBEDDER
    )
    await index.fold()


async def test_no_text_is_readable_in_a_dump(fresh_database: str, cipher: Cipher) -> None:
    async with Store(fresh_database, cipher) as store:
        await store.check_key()
        async with store.begin("T1", None) as unit:
            await write_everything(unit)
        backup = dump(fresh_database)
        assert [marker for marker in MARKERS if holds(backup, marker)] == []
        async with store.begin("T1", None) as unit:
            key = (await unit.connection.execute(select(workspaces.c.lexeme_key))).scalar_one()
        assert not holds(backup, key), "with it, hashed words could be tried against a dictionary"
    # The search itself finds what is there.
    ask(fresh_database, "CREATE TABLE public.plain AS SELECT 'aazq7y', 'bbzq7y'::bytea")
    backup = dump(fresh_database)
    assert holds(backup, "aazq7y")
    assert holds(backup, "bbzq7y")


async def test_no_text_is_readable_in_the_servers_files(
    database_server: Server, fresh_database: str, cipher: Cipher
) -> None:
    if database_server.data is None:
        pytest.skip("MYNAH_TEST_DATABASE_URL names a server whose files are elsewhere")
    async with Store(fresh_database, cipher) as store, store.begin("T1", None) as unit:
        await write_everything(unit)
    plain = "plainzq7x"
    ask(fresh_database, "CREATE TABLE public.plain AS SELECT %s AS a", plain)
    ask(fresh_database, "CHECKPOINT")
    found = set()
    for path in database_server.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found |= {marker for marker in (*MARKERS, plain) if marker.encode() in content}
    assert found == {plain}


def test_the_same_text_is_never_the_same_ciphertext(cipher: Cipher) -> None:
    assert cipher.encrypt(b"yes") != cipher.encrypt(b"yes")
    assert cipher.decrypt(cipher.encrypt("ja ✓".encode())) == "ja ✓".encode()


async def test_hashes_and_digests_are_keyed_by_workspace(
    store: Store, workspace: str, database: str, cipher: Cipher
) -> None:
    other = f"{workspace}-other"
    async with store.begin(workspace) as one, store.begin(other) as two:
        assert set(one.hasher.terms("zeppelin")) != set(two.hasher.terms("zeppelin"))
        assert one.digest("source", "a") != two.digest("source", "a")
        assert one.digest("ab", "c") != one.digest("a", "bc")
        digest, terms = one.digest("source", "a"), one.hasher.terms("zeppelin")
    # Another process sees the same.
    async with Store(database, cipher) as again, again.begin(workspace) as unit:
        assert unit.digest("source", "a") == digest
        assert unit.hasher.terms("zeppelin") == terms


async def test_two_processes_that_meet_a_workspace_agree_on_its_key(
    database: str, workspace: str, cipher: Cipher
) -> None:
    async def digest() -> bytes:
        async with Store(database, cipher) as store, store.begin(workspace) as unit:
            return unit.digest("a")

    assert len(set(await asyncio.gather(*(digest() for _ in range(4))))) == 1


async def test_another_key_is_refused_at_the_door(fresh_database: str) -> None:
    key = Cipher.new_key()
    for _ in range(2):
        async with Store(fresh_database, Cipher([key])) as store:
            await store.check_key()
    async with Store(fresh_database, Cipher([Cipher.new_key()])) as store:
        with pytest.raises(StoreUnavailable, match="none of the encryption keys opens") as caught:
            await store.check_key()
    assert key not in str(caught.value)


async def test_two_first_starts_at_once_agree_on_one_key(fresh_database: str) -> None:
    async def start(key: str) -> bool:
        async with Store(fresh_database, Cipher([key])) as store:
            try:
                await store.check_key()
            except StoreUnavailable:
                return False
            return True

    mine, other = Cipher.new_key(), Cipher.new_key()
    started = await asyncio.gather(start(mine), start(other), start(mine), start(other))
    assert started[0] == started[2] != started[1] == started[3]


async def test_keys_are_rotated_without_a_break(fresh_database: str) -> None:
    old, new = Cipher.new_key(), Cipher.new_key()
    async with Store(fresh_database, Cipher([old])) as store:
        await store.check_key()
        async with store.begin("T1") as unit:
            before = await exchange(unit, "U1", "before")
    async with Store(fresh_database, Cipher([new, old])) as store:
        await store.check_key()
        async with store.begin("T1") as unit:
            told = await Conversations(unit).messages(before.conversation_id)
            assert told[0].text == "before"
            await exchange(unit, "U1", "after", thread="other")
    stored = [
        bytes(row[0]) for row in ask(fresh_database, "SELECT text FROM mynah.messages ORDER BY id")
    ]
    fresh = Cipher([new])
    assert fresh.decrypt(stored[2]) == b"after"
    with pytest.raises(StoreUnavailable):
        fresh.decrypt(stored[0])
    assert fresh.decrypt(Cipher([new, old]).rotate(stored[0])) == b"before"


def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    sealed = Cipher.from_key_file(path).encrypt(b"a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert Cipher.from_key_file(path).decrypt(sealed) == b"a"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text(f"{Cipher.new_key()}\n{path.read_text()}")
    assert Cipher.from_key_file(path).decrypt(sealed) == b"a"


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe"])
def test_a_broken_key_file_is_said_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match="key"):
        Cipher.from_key_file(path)
    assert path.read_bytes() == content
    with pytest.raises(StoreUnavailable, match=r"nowhere.* cannot be used"):
        Cipher.from_key_file(tmp_path / "nowhere" / "key")


def test_malformed_keys_are_refused_without_repeating_them() -> None:
    for keys in ([], ["secret"], [Cipher.new_key(), "secret"], ["ß" * 44]):
        with pytest.raises(StoreUnavailable, match="MYNAH_ENCRYPTION_KEYS") as caught:
            Cipher(keys)
        assert "secret" not in str(caught.value)
    key = Fernet.generate_key().decode()
    assert key not in repr(Cipher([key]))
