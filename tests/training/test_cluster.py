"""Ray: calls come back in order, what they raise is raised, and what is missing is said."""

import importlib.util
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from model.errors import SortationError
from training.cluster import cluster, in_parallel, width
from training.scoring.onray import unpacked

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed; it comes with the extra `scale`")
pytestmark = pytest.mark.filterwarnings("ignore:::ray", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    with cluster(2, None) as joined:
        yield joined


@needs_ray
def test_results_stand_in_the_order_of_their_calls(ray: Any) -> None:
    assert width(ray) == 2
    assert in_parallel(ray)([partial(pow, k, 2) for k in range(5)]) == [0, 1, 4, 9, 16]


@needs_ray
def test_what_a_call_raises_is_raised(ray: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        in_parallel(ray)([partial(divmod, 1, 0)])


@needs_ray
def test_a_call_whose_worker_is_killed_is_made_again(ray: Any, tmp_path: Path) -> None:
    note = tmp_path / "note"

    def dies_once() -> str:
        if not note.exists():
            note.write_text("was here")
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    assert in_parallel(ray)([dies_once]) == ["done"]


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_the_extra_is_named() -> None:
    with pytest.raises(SortationError, match="sortation\\[scale\\]"), cluster(1, None):
        pass


def test_the_model_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first = unpacked({"a": b"1"}, "f" * 64)
    assert unpacked({"a": b"2"}, "f" * 64) == first
    assert (first / "a").read_bytes() == b"1"
    assert [each.name for each in first.parent.iterdir()] == ["f" * 64]
