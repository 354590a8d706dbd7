"""What handlers need of a request: its caller, its collaborators, its turn."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request

from serving.answers import Answer
from serving.auth import Caller
from serving.engine import Engine
from serving.engine import Request as Work
from serving.store import Store


def caller(request: Request) -> Caller:
    """On whose behalf the request is answered."""
    found: Caller = request.scope["sortation.caller"]
    return found


def store(request: Request) -> Store:
    """The store."""
    found: Store = request.app.state.store
    return found


def engine(request: Request) -> Engine:
    """The engine."""
    found: Engine = request.app.state.engine
    return found


async def answers(request: Request, works: Sequence[Work | dict[str, Any]]) -> list[Answer | dict[str, Any]]:
    """The answer, or the problem, of each item. Raises QuotaExceeded, NotReady or Overloaded; then none is kept."""
    good = [work for work in works if isinstance(work, Work)]
    request.app.state.quotas.take(caller(request).tenant, len(good) - 1)  # one was counted at the door
    if not good:
        return [work for work in works if isinstance(work, dict)]
    done = iter(await engine(request).classify_many(good))
    return [next(done) if isinstance(work, Work) else work for work in works]
