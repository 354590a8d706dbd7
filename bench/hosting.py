"""Servers that are measured: what they serve, how they are started, what they cost. Knows no figures' meaning."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import closed_loop, request_of

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("echo_asgi", "echo_fastapi", "naive", "mlflow", "sortation", "sortation_unstored")
KEY = "bench.key"
"""File in the home with the API key that all requests carry."""


def texts(length: int, count: int = 64) -> list[str]:
    """Texts of a length, cut from the starter corpus."""
    whole = " ".join(str(item["body"]) for item in _corpus())
    return [whole[k * length : (k + 1) * length] for k in range(count)]


def _corpus() -> list[dict[str, object]]:
    lines = []
    for file in sorted((ROOT / "data" / "corpus").glob("*.jsonl")):
        lines += file.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def prepare(trained: Path, home: Path) -> None:
    """Makes a home to measure in of a trained one: its champion fetched, a key, and scikit-learn's pipelines."""
    import joblib
    import mlflow
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from serving import commands, models
    from serving.settings import Settings
    from serving.watching import address

    shutil.copytree(trained, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("sortation.db*", "workers"))
    models.newest(address(Settings(home=home)))
    (home / KEY).write_text(commands.create_key(Settings(home=home), "default", "admin", "bench")[0], encoding="utf-8")
    items = _corpus()[::3]
    heads = []
    for level in ("stage", "function", "service"):
        head = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=50)
        )
        heads.append(head.fit([str(item["body"]) for item in items], [str(item[level]) for item in items]))
    joblib.dump(heads, home / "naive.joblib")
    mlflow.sklearn.save_model(heads[2], home / "mlflow-model", serialization_format="cloudpickle")


def requests(name: str, home: Path, bodies: list[str]) -> list[bytes]:
    """The same texts in the shape that a server wants, each with the key."""
    secret = (home / KEY).read_text(encoding="utf-8")
    path = "/invocations" if name == "mlflow" else "/v1/classify"
    plain = [{"inputs": [body]} if name == "mlflow" else {"body": body} for body in bodies]
    return [request_of(path, json.dumps(each).encode(), secret) for each in plain]


def batches(home: Path, bodies: list[str], size: int) -> list[bytes]:
    """Requests of `size` items each, for our own server."""
    secret = (home / KEY).read_text(encoding="utf-8")
    many = [bodies[k % len(bodies)] for k in range(size)]
    raw = json.dumps({"items": [{"body": body} for body in many]}).encode()
    return [request_of("/v1/classify/batch", raw, secret)]


def _command(name: str, port: int, home: Path) -> list[str]:
    if name == "mlflow":
        return [
            sys.executable, "-m", "mlflow", "models", "serve", "-m", str(home / "mlflow-model"),
            "--env-manager", "local", "-p", str(port), "-w", "1",
        ]  # fmt: skip
    if name.startswith("workers"):
        return [
            sys.executable, "-m", "sortation", "serve", "--home", str(home), "--port", str(port),
            "--workers", name.removeprefix("workers"),
        ]  # fmt: skip
    return [sys.executable, "-m", "bench.servers", name, str(port), str(home)]


@contextmanager
def server(name: str, home: Path, core: int | None = 0) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A running server and its port, on one core or, with None, on all."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = _command(name, port, home)
    cores = {core} if core is not None else set(range(os.cpu_count() or 1))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # MLflow looks for its server there
    environment = os.environ | {
        "PATH": path,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    process = subprocess.Popen(
        ["taskset", "-c", ",".join(map(str, sorted(cores))), *words],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port, process
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def first_answer(name: str, home: Path, port: int, patience: float = 180) -> float:
    """Seconds until the first right answer."""
    began = time.perf_counter()
    request = requests(name, home, ["where is my order"])
    while time.perf_counter() - began < patience:
        try:
            asyncio.run(closed_loop(port, request, 1, 0))
            return time.perf_counter() - began
        except (OSError, RuntimeError):
            time.sleep(0.02)
    raise TimeoutError(name)


def processes(leader: int) -> list[int]:
    """Numbers of a server's processes."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[3]) == leader:
                found.append(int(stat.parent.name))
        except OSError:
            continue
    return found


def cpu(leader: int) -> float:
    """CPU seconds that a server's processes have used."""
    seconds = 0.0
    for number in processes(leader):
        try:
            fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def memory(leader: int) -> tuple[float, float]:
    """Megabytes of a server's processes: resident, and proportional (pages in common counted once)."""
    sums = {"Rss": 0.0, "Pss": 0.0}
    for number in processes(leader):
        try:
            lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name = line.partition(":")[0]
            if name in sums:
                sums[name] += int(line.split()[1]) * 1024 / 1e6
    return sums["Rss"], sums["Pss"]
