"""What handlers need of a request: its caller, its collaborators, its turn."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request

from serving.answering import Request as Work
from serving.answers import Answer
from serving.api.intake import Intake
from serving.api.items import ClassifyIn
from serving.auth import Caller
from serving.engine import Engine
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


def intake(request: Request) -> Intake:
    """What makes work of bodies and items."""
    found: Intake = request.app.state.intake
    return found


async def answers(
    request: Request, items: Sequence[ClassifyIn | Work | dict[str, Any]]
) -> list[Answer | dict[str, Any]]:
    """The answer, or the problem, of each item. Raises QuotaExceeded, NotReady or Overloaded; then none is kept."""
    tenant = caller(request).tenant
    good = sum(not isinstance(item, dict) for item in items)
    request.app.state.quotas.take(tenant, good - 1)  # one was counted at the door
    works = [await intake(request).either(item, tenant) for item in items]
    wanted = [work for work in works if isinstance(work, Work)]
    done = iter(await engine(request).classify_many(wanted) if wanted else [])
    return [next(done) if isinstance(work, Work) else work for work in works]
