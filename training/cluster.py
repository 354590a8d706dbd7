"""Ray, started on this machine or joined at an address, and calls on it. The only file that knows Ray."""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from model.errors import SortationError

T = TypeVar("T")
PACKAGES = ("model", "training")
"""Code that is sent to the cluster; NumPy, SciPy, PyYAML and pyarrow must be there."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Environment of a worker process: there are as many of them as cores."""
ROOT = Path(__file__).resolve().parent.parent
"""Where the packages are found."""
TRIES = 3
"""How often work is begun before it is given up, where its workers die."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def cluster(workers: int | None, address: str | None) -> Iterator[Any]:
    """Ray, connected to the cluster at `address`, or started here with `workers` cores. Raises SortationError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine unasked
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
    except ImportError as error:
        raise SortationError("the engine ray needs Ray: pip install 'sortation[scale]'") from error
    own = {"address": "local", "num_cpus": workers or cores(), "include_dashboard": False}
    code = {"py_modules": [str(ROOT / name) for name in PACKAGES], "env_vars": ONE_THREAD}
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": False}
    try:
        ray.init(**({"address": address} if address else own), **quiet, runtime_env=code)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise SortationError(f"the Ray cluster {address or 'on this machine'} cannot be reached: {reason}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def width(ray: Any) -> int:
    """Cores of the cluster."""
    return int(ray.cluster_resources().get("CPU", 1))


def in_parallel(ray: Any) -> Callable[[Sequence[Callable[[], T]]], list[T]]:
    """What runs calls that do not depend on each other, a core each, and gives their results in the same order.

    A call whose worker dies is made again, TRIES times in all; what a call raises is raised.
    """
    remote = ray.remote(num_cpus=1, max_retries=TRIES - 1)(_called)

    def run(calls: Sequence[Callable[[], T]]) -> list[T]:
        found: list[T] = ray.get([remote.remote(call) for call in calls])
        return found

    return run


def _called(call: Callable[[], T]) -> T:
    return call()
