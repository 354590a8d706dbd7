"""How fast the server answers, against what one would use instead: `python -m bench.serving HOME`.

HOME is a trained home (`sortation train --home HOME`). Servers run on core 0, the load on core 1, interleaved.
"""

import asyncio
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.load import Load, closed_loop, request_of

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results" / "serving.md"
NAMES = ("echo_asgi", "echo_fastapi", "naive", "mlflow", "sortation", "sortation_unstored")
CONNECTIONS = (1, 8, 64)
ROUNDS, SECONDS = 3, 1.0
LENGTHS = (300, 5000)


def texts(length: int, count: int = 64) -> list[str]:
    """Texts of a length, cut from the starter corpus."""
    import json

    lines = []
    for file in sorted((ROOT / "data" / "corpus").glob("*.jsonl")):
        lines += [json.loads(line)["body"] for line in file.read_text(encoding="utf-8").splitlines()]
    whole = " ".join(lines)
    return [whole[k * length : (k + 1) * length] for k in range(count)]


def prepare(home: Path) -> None:
    """Fits scikit-learn's pipelines, for the naive server and for MLflow's."""
    import json

    import joblib
    import mlflow
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    if (home / "naive.joblib").exists():
        return
    items = []
    for file in sorted((ROOT / "data" / "corpus").glob("*.jsonl")):
        items += [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    items = items[::3]
    heads = []
    for level in ("stage", "function", "service"):
        head = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=50)
        )
        heads.append(head.fit([item["body"] for item in items], [str(item[level]) for item in items]))
    joblib.dump(heads, home / "naive.joblib")
    mlflow.sklearn.save_model(heads[2], home / "mlflow-model", serialization_format="cloudpickle")


def command(name: str, port: int, home: Path) -> list[str]:
    """How a server is started."""
    if name == "mlflow":
        return [
            sys.executable, "-m", "mlflow", "models", "serve", "-m", str(home / "mlflow-model"),
            "--env-manager", "local", "-p", str(port), "-w", "1",
        ]  # fmt: skip
    return [sys.executable, "-m", "bench.servers", name, str(port), str(home)]


@contextmanager
def server(name: str, home: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A running server on core 0 and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["taskset", "-c", "0", *command(name, port, home)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # MLflow looks for its server there
    environment = os.environ | {
        "PATH": path,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    process = subprocess.Popen(
        words, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield port, process
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def first_answer(name: str, port: int, patience: float = 90) -> float:
    """Seconds until the first right answer."""
    began = time.perf_counter()
    request = requests(name, ["where is my order"])
    while time.perf_counter() - began < patience:
        try:
            asyncio.run(closed_loop(port, request, 1, 0))
            return time.perf_counter() - began
        except (OSError, RuntimeError):
            time.sleep(0.02)
    raise TimeoutError(name)


def requests(name: str, bodies: list[str]) -> list[bytes]:
    """The same texts in the shape that a server wants."""
    import json

    if name == "mlflow":
        return [request_of("/invocations", json.dumps({"inputs": [body]}).encode()) for body in bodies]
    return [request_of("/v1/classify", json.dumps({"body": body}).encode()) for body in bodies]


def usage(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """CPU seconds and resident megabytes of a server and its children."""
    seconds = megabytes = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == process.pid:
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            megabytes += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return seconds, megabytes


def measure(home: Path) -> dict[str, Any]:
    """Everything: {(name, length, connections): rounds}, cold starts and memory."""
    found: dict[str, Any] = {"loads": {}, "cold": {}, "memory": {}}
    for turn in range(ROUNDS):
        for name in NAMES:
            with server(name, home) as (port, process):
                found["cold"].setdefault(name, []).append(first_answer(name, port))
                for length in LENGTHS:
                    bodies = requests(name, texts(length))
                    for connections in CONNECTIONS:
                        asyncio.run(closed_loop(port, bodies, connections, 0.3))
                        before = usage(process)[0]
                        load = asyncio.run(closed_loop(port, bodies, connections, SECONDS))
                        spent = usage(process)[0] - before
                        key = (name, length, connections)
                        found["loads"].setdefault(key, []).append((load, spent))
                found["memory"].setdefault(name, []).append(usage(process)[1])
            print(f"round {turn + 1} of {ROUNDS}: {name}", flush=True)
    return found


def median(values: Any) -> float:
    """Of the rounds."""
    return float(statistics.median(values))


def table(found: dict[str, Any]) -> str:
    """The results as Markdown."""
    lines = [
        "# Serving, side by side",
        "",
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}; server on one core, "
        f"load on another; median of {ROUNDS} interleaved rounds of {SECONDS:g} s. `sortation` has validation, "
        "limits, metrics and storage on (SQLite, synchronous=FULL); `sortation_unstored` has a store that forgets. "
        "`python -m bench.serving HOME` writes this file.",
    ]
    for length in LENGTHS:
        lines += [
            "",
            f"## Texts of {length:,} characters",
            "",
            "| server | connections | answers/s | per CPU second | p50 ms | p99 ms | × mlflow | × echo ASGI |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for connections in CONNECTIONS:
            rate = {n: median(load.rate for load, _ in found["loads"][n, length, connections]) for n in NAMES}
            for name in NAMES:
                rounds: list[tuple[Load, float]] = found["loads"][name, length, connections]
                cpu = median(load.answers / max(spent, 0.01) for load, spent in rounds)
                p50, p99 = (median(load.percentile(share) for load, _ in rounds) for share in (0.5, 0.99))
                lines.append(
                    f"| {name} | {connections} | {rate[name]:,.0f} | {cpu:,.0f} | {p50:.2f} | {p99:.2f} | "
                    f"{rate[name] / rate['mlflow']:.1f} | {rate[name] / rate['echo_asgi']:.2f} |"
                )
    lines += ["", "## Start and memory", "", "| server | first answer after s | resident MB |", "|---|--:|--:|"]
    lines += [f"| {n} | {median(found['cold'][n]):.2f} | {median(found['memory'][n]):,.0f} |" for n in NAMES]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures and writes the table."""
    home = Path(tempfile.mkdtemp(prefix="sortation-bench-"))
    shutil.copytree(Path(sys.argv[1]), home, dirs_exist_ok=True)
    prepare(home)
    os.sched_setaffinity(0, {1})
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(table(measure(home)), encoding="utf-8")
    shutil.rmtree(home)
    print(RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
