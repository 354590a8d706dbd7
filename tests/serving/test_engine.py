"""The engine: nothing is answered before it is stored, and commits do not hold up the next batch."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from model.classifier import Classifier
from model.document import Document
from serving.answering import Request, effort
from serving.answers import Answer
from serving.engine import INLINE, Engine, Overloaded
from serving.models import Served
from serving.routing import load
from serving.seeing import Eyes, Wanted
from serving.settings import default_data
from serving.store import Store, Stored


class Slow(Store):
    """A store whose commits wait until they may go on."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.began, self.may = threading.Event(), threading.Event()
        self.sizes: list[int] = []

    def add(self, rows: Sequence[Stored]) -> None:
        self.began.set()
        assert self.may.wait(10)
        self.sizes.append(len(rows))
        super().add(rows)


class Picky(Store):
    """A store that refuses some texts."""

    def add(self, rows: Sequence[Stored]) -> None:
        if any("refuse me" in row.body for row in rows):
            raise ValueError("refused")
        super().add(rows)


def request(text: str) -> Request:
    return Request(Document(body=text))


def running(store: Store, classifier: Classifier, told: Callable[[Engine], object]) -> None:
    """Runs `told`, a coroutine function, with an engine that answers."""
    engine = Engine(store, lambda _, it: load(default_data() / "routing.yaml", it.classifier.taxonomy))

    async def run() -> None:
        engine.use(Served(classifier, "m", 1, "champion", "f" * 64))
        await engine.start()
        await told(engine)  # type: ignore[misc]
        await engine.stop()

    asyncio.run(run())
    store.close()


def test_no_answer_is_given_before_its_commit(classifier: Classifier, tmp_path: Path) -> None:
    store = Slow(f"sqlite:///{tmp_path / 's.db'}")

    async def told(engine: Engine) -> None:
        asked = asyncio.ensure_future(engine.classify(request("where is my parcel")))
        await asyncio.to_thread(store.began.wait, 10)
        await asyncio.sleep(0.05)
        assert not asked.done()
        store.may.set()
        answer = await asked
        assert store.get(answer.plain["prediction_id"]).body == "where is my parcel"

    running(store, classifier, told)


def test_what_is_scored_during_a_commit_makes_up_the_next_one(classifier: Classifier, tmp_path: Path) -> None:
    store = Slow(f"sqlite:///{tmp_path / 's.db'}")

    async def told(engine: Engine) -> None:
        first = asyncio.ensure_future(engine.classify(request("where is my parcel")))
        await asyncio.to_thread(store.began.wait, 10)
        later = []
        for k in range(5):  # one after the other, so that each is a batch of its own
            later.append(asyncio.ensure_future(engine.classify(request(f"parcel {k} is lost"))))
            await asyncio.sleep(0.02)
        store.may.set()
        await asyncio.gather(first, *later)
        assert store.sizes == [1, 5]

    running(store, classifier, told)


def test_an_item_that_cannot_be_stored_takes_no_other_along(classifier: Classifier, tmp_path: Path) -> None:
    store = Picky(f"sqlite:///{tmp_path / 's.db'}")

    async def told(engine: Engine) -> None:
        texts = ["where is my parcel", "refuse me", "the lid is cracked"]
        done = await asyncio.gather(*(engine.classify(request(text)) for text in texts), return_exceptions=True)
        assert [isinstance(each, Answer) for each in done] == [True, False, True]
        assert store.count() == 2

    running(store, classifier, told)


@pytest.mark.parametrize("left", [1, 40])
def test_a_server_that_ends_answers_what_it_has_taken(classifier: Classifier, tmp_path: Path, left: int) -> None:
    store = Store(f"sqlite:///{tmp_path / 's.db'}")

    async def told(engine: Engine) -> None:
        asked = [asyncio.ensure_future(engine.classify(request(f"parcel {k}"))) for k in range(left)]
        await asyncio.sleep(0)
        await engine.stop()
        assert len({answer.plain["prediction_id"] for answer in await asyncio.gather(*asked)}) == left
        assert store.count() == left

    running(store, classifier, told)


def test_a_file_of_items_is_taken_whole_or_not_at_all(tmp_path: Path, classifier: Classifier) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")

    async def told(engine: Engine) -> None:
        engine.waiting_limit = 200
        assert len(await engine.classify_many([request(f"where is parcel {k}") for k in range(300)])) == 300
        first = asyncio.ensure_future(engine.classify_many([request(f"where is van {k}") for k in range(300)]))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await engine.classify_many([request("and mine?")] * 3)
        assert len(await first) == 300
        assert store.count() == 600

    running(store, classifier, told)


def test_what_takes_long_is_not_worked_on_where_others_wait() -> None:
    plain, searched = request("short"), Request(Document(body="x" * 19_000), wanted=Wanted(entities=True))
    assert effort(plain, Eyes()) < INLINE / 50
    assert effort(searched, Eyes()) > INLINE
    assert effort(plain, Eyes(redact=True)) > 5 * effort(plain, Eyes())
