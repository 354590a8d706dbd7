"""What a server makes of new champions: those it takes over are noted, those it refuses are not fetched on and on."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from serving import models
from serving.watching import follow
from tests.serving.conftest import fetched


def following(
    where: models.Address,
    use: Callable[[models.Served], bool],
    failed: Callable[[Exception], None],
    until: Callable[[], bool],
) -> None:
    """Follows a registry without ever waiting long."""

    async def run() -> None:
        task = asyncio.create_task(follow(where, 0.01, use, failed, patience=0.01))
        while not until() and not task.done():
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(asyncio.wait_for(run(), 60))


def unexpected(error: Exception) -> None:
    raise error


def noted(where: models.Address) -> int | None:
    last = models.last_good(where)
    return None if last is None else last.version


def test_a_version_is_the_last_good_one_once_it_was_taken_over(home: Path, second: Path) -> None:
    where, used = fetched(home, 2), list[int]()

    def use(served: models.Served) -> bool:
        used.append(served.version)
        assert noted(where) == 1
        return True

    following(where, use, unexpected, until=lambda: noted(where) == 2)
    assert used == [1, 2]


def test_a_version_that_is_not_taken_over_is_tried_again_and_not_noted(home: Path, second: Path) -> None:
    where, tried = fetched(home, 2), list[int]()

    def use(served: models.Served) -> bool:
        tried.append(served.version)
        return served.version == 1

    following(where, use, unexpected, until=lambda: len(tried) >= 4)
    assert tried[:4] == [1, 2, 2, 2]
    assert noted(where) == 1


def test_a_refused_copy_is_fetched_anew_once_and_no_more(home: Path, second: Path, tmp_path: Path) -> None:
    (second / "signature.json").unlink()
    where, there, refused = fetched(home, 2), list[bool](), list[Exception]()

    def failed(error: Exception) -> None:
        refused.append(error)
        there.append(second.exists())
        if not second.exists():  # as the registry gives it again
            shutil.copytree(tmp_path / "again", second)

    shutil.copytree(second, tmp_path / "again")
    following(where, lambda served: served.version == 1, failed, until=lambda: len(there) >= 4)
    assert there[:4] == [False, True, True, True]
    assert all(isinstance(error, models.Refused) and error.copy == second.name for error in refused)
    assert noted(where) == 1
