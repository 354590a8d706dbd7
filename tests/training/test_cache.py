"""The cache: what was kept comes back, and nothing else is ever believed."""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from training.cache import KEY, Array, Cache

ARRAYS: dict[str, Array] = {"a": np.arange(10), "b": np.frombuffer(b"text", dtype=np.uint8)}


def entry(cache: Cache) -> Path:
    (path,) = cache.folder.glob("*.arrays")
    return path


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert cache.get("x") is None
    cache.put("x", ARRAYS)
    found = Cache(tmp_path / "cache").get("x")
    assert found is not None
    assert {name: array.tolist() for name, array in found.items()} == {k: v.tolist() for k, v in ARRAYS.items()}
    assert cache.get("y") is None


@pytest.mark.parametrize("place", [0, KEY - 1, KEY, -1])
def test_an_entry_with_one_byte_changed_is_as_good_as_none(tmp_path: Path, place: int) -> None:
    cache = Cache(tmp_path / "cache")
    cache.put("x", ARRAYS)
    content = bytearray(entry(cache).read_bytes())
    content[place] ^= 1
    entry(cache).write_bytes(content)
    assert cache.get("x") is None


@pytest.mark.parametrize("size", [0, 5, KEY, KEY + 100])
def test_half_an_entry_is_as_good_as_none(tmp_path: Path, size: int) -> None:
    cache = Cache(tmp_path / "cache")
    cache.put("x", ARRAYS)
    entry(cache).write_bytes(entry(cache).read_bytes()[:size])
    assert cache.get("x") is None


def test_an_entry_of_another_installation_or_under_another_name_is_not_believed(tmp_path: Path) -> None:
    ours, other = Cache(tmp_path / "ours"), Cache(tmp_path / "other")
    ours.put("x", ARRAYS)
    other.put("x", ARRAYS)
    entry(ours).write_bytes(entry(other).read_bytes())
    assert ours.get("x") is None
    other.put("y", ARRAYS)
    one, two = sorted(other.folder.glob("*.arrays"))
    one.write_bytes(two.read_bytes())
    assert [other.get("x"), other.get("y")].count(None) == 1


def test_objects_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        Cache(tmp_path / "cache").put("x", {"a": np.array([{}], dtype=object)})


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.put("x", ARRAYS)
    cache.folder.chmod(0o777)
    assert cache.get("x") is None
    cache.put("y", ARRAYS)
    assert len(list(cache.folder.glob("*.arrays"))) == 1


def test_the_oldest_entries_make_room(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", bound=32_000)
    for age, name in ((300, "old"), (200, "older than it looks"), (100, "new")):
        cache.put(name, {"a": np.zeros(10_000, dtype=np.uint8)})
        newest = max(cache.folder.glob("*.arrays"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (newest.stat().st_atime, newest.stat().st_mtime - age))
    assert cache.get("old") is not None  # read, so that it is the newest now
    cache.put("last", {"a": np.zeros(15_000, dtype=np.uint8)})
    kept = {name for name in ("old", "older than it looks", "new", "last") if cache.get(name) is not None}
    assert kept == {"old", "last"}
    cache.put("too large", {"a": np.zeros(50_000, dtype=np.uint8)})
    assert cache.get("too large") is None
    assert sum(path.stat().st_size for path in cache.folder.glob("*.arrays")) <= 32_000


def write(folder: Path, value: int) -> None:
    for _ in range(20):
        Cache(folder).put("x", {"a": np.full(5_000, value)})


def test_two_runs_at_once_leave_one_whole_entry(tmp_path: Path) -> None:
    started = multiprocessing.get_context("spawn")
    runs = [started.Process(target=write, args=(tmp_path / "cache", value)) for value in (1, 2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    found = Cache(tmp_path / "cache").get("x")
    assert found is not None
    assert set(found["a"].tolist()) in ({1}, {2})
    assert not list(tmp_path.rglob("*.draft"))
