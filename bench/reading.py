"""What reading costs and how right it is: documents, cleaning, identifiers, speed. Prints Markdown.

Run it as `SORTATION_DOCUMENTS=folder python -m bench.reading > bench/results/reading.md`; the libraries that it is
compared with are `pip install mail-parser-reply email-reply-parser`.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from model.entities import Finder
from model.errors import ReadingError
from model.reading import Limits, Readers, clean, read
from model.reading.language import detect_language

ROOT = Path(__file__).parents[1]
THREADS = ROOT / "tests" / "model" / "reading" / "threads.jsonl"
MENTIONS = ROOT / "tests" / "model" / "mentions.jsonl"
PATTERNS = ROOT / "data" / "entities.jsonl"
PEAK = (
    "import sys; from pathlib import Path; from model.reading import read\n"
    "try: read(Path(sys.argv[1]).read_bytes(), filename=Path(sys.argv[1]).name)\n"
    "except Exception as error: pass\n"
    "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
)
Rows = list[dict[str, str]]


def rows(path: Path) -> list[dict[str, object]]:
    """The lines of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def documents(folder: Path) -> Iterator[str]:
    """Outcome by file type: texts, errors with their reasons, median and worst seconds, worst peak memory."""
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    seconds: dict[str, list[float]] = defaultdict(list)
    peaks: dict[str, float] = defaultdict(float)
    with Readers(workers=1) as readers:
        readers.read(b"warm up")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            kind = path.suffix.lstrip(".") or "(none)"
            started = time.perf_counter()
            try:
                readers.read(path.read_bytes(), filename=path.name)
                outcome = "text"
            except ReadingError as error:
                outcome = error.reason
            seconds[kind].append(time.perf_counter() - started)
            outcomes[kind][outcome] += 1
            done = subprocess.run(
                [sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, cwd=ROOT, check=True
            )
            peaks[kind] = max(peaks[kind], int(done.stdout) / 1024)
    yield "| name ends in | files | outcome | median s | worst s | worst peak MiB |"
    yield "|---|---:|---|---:|---:|---:|"
    for kind, counts in sorted(outcomes.items()):
        shown = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
        spent = seconds[kind]
        yield f"| {kind} | {counts.total()} | {shown} | {median(spent):.4f} | {max(spent):.4f} | {peaks[kind]:.0f} |"
    total = sum(outcomes.values(), Counter())
    shown = ", ".join(f"{reason} {count}" for reason, count in total.most_common())
    yield f"| all | {total.total()} | {shown} | | | {max(peaks.values()):.0f} |"


def mutated(folder: Path, seconds: float = 20) -> Iterator[str]:
    """What becomes of copies of the files with random bytes changed, moved and cut."""
    chance = random.Random(1)  # noqa: S311 no secret
    files = [
        path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and 0 < path.stat().st_size < 200_000
    ]
    outcomes: Counter[str] = Counter()
    worst, until = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        data = bytearray(chance.choice(files))
        for _ in range(chance.choice((1, 3, 10, 50))):
            place, kind = chance.randrange(len(data)), chance.random()
            if kind < 0.6:
                data[place] = chance.randrange(256)
            elif kind < 0.9:
                data[place:place] = data[chance.randrange(len(data)) :][: chance.randrange(1, 200)]
            else:
                del data[max(1, place) :]
        started = time.perf_counter()
        try:
            read(bytes(data))
            outcomes["text"] += 1
        except ReadingError as error:
            outcomes[error.reason] += 1
        worst = max(worst, time.perf_counter() - started)
    shown = ", ".join(f"{reason} {count}" for reason, count in outcomes.most_common())
    yield f"{outcomes.total()} copies: {shown}. Nothing else was raised; the slowest took {worst:.2f} s."


def cleaners() -> dict[str, Callable[[str], str]]:
    """Ours and those of libraries that are installed."""
    found: dict[str, Callable[[str], str]] = {"sortation": lambda text: clean(text, channel="email")[0]}
    try:
        from mailparser_reply import EmailReplyParser
    except ImportError:
        pass
    else:
        parser = EmailReplyParser(languages=["en", "de", "fr", "es", "it", "nl", "pl", "da", "sv"])
        found["mail-parser-reply (body)"] = lambda text: parser.read(text).replies[0].body or ""
        found["mail-parser-reply (parse_reply)"] = lambda text: parser.parse_reply(text=text) or ""
    try:
        from email_reply_parser import EmailReplyParser as Other
    except ImportError:
        pass
    else:
        found["email-reply-parser"] = lambda text: str(Other.parse_reply(text))
    return found


def lines(text: str) -> list[str]:
    """The filled lines."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def cleaning() -> Iterator[str]:
    """Share of threads recovered exactly, with and without regard to the closing, and messages that lost a line."""
    threads = rows(THREADS)
    yield "| cleaner | threads | exactly | all of the message kept, no quote left | lost a line | µs a thread |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, cleaner in cleaners().items():
        exact = kept = lost = 0
        started = time.perf_counter()
        results = [cleaner(str(row["thread"])) for row in threads]
        spent = (time.perf_counter() - started) / len(threads) * 1e6
        for row, result in zip(threads, results, strict=True):
            wanted, found = lines(str(row["newest"])), lines(result)
            exact += wanted == found
            missing = bool(set(wanted) - set(found))
            lost += missing
            kept += not missing and not _history(str(row["thread"]), found, wanted)
        count = len(threads)
        yield f"| {name} | {count} | {exact / count:.1%} | {kept / count:.1%} | {lost} | {spent:.0f} |"


def _history(thread: str, found: list[str], wanted: list[str]) -> bool:
    """Whether more than six lines, or a quoted one, stand in the result beside the message."""
    extra = [line for line in found if line not in wanted]
    return len(extra) > 6 or any(line.startswith(">") or "@" in line for line in extra)


def identifiers(finder: Finder) -> Iterator[str]:
    """Precision and recall by kind, and wrong check digits that were accepted."""
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    accepted = 0
    for row in rows(MENTIONS):
        labelled = {tuple(mention[:3]): mention[3] for mention in row["mentions"]}  # type: ignore[attr-defined]
        found = {(entity.kind, entity.start, entity.end): entity for entity in finder.find(str(row["text"]))}
        right.update(kind for kind, *_ in labelled.keys() & found.keys())
        wrong.update(kind for kind, *_ in found.keys() - labelled.keys())
        missed.update(kind for kind, *_ in labelled.keys() - found.keys())
        accepted += sum(not fits and key in found and bool(found[key].valid) for key, fits in labelled.items())
    yield "| kind | mentions | precision | recall |"
    yield "|---|---:|---:|---:|"
    for kind in [*sorted(right | wrong | missed), "all"]:
        hits, extra, gone = (
            (right.total(), wrong.total(), missed.total())
            if kind == "all"
            else (right[kind], wrong[kind], missed[kind])
        )
        yield f"| {kind} | {hits + gone} | {hits / max(1, hits + extra):.3f} | {hits / max(1, hits + gone):.3f} |"
    yield ""
    yield f"Wrong check digits accepted as valid: {accepted}."


def per_call(call: Callable[[str], object], texts: list[str], rounds: int = 5) -> float:
    """Microseconds a text, the best of several rounds over all of them."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        for text in texts:
            call(text)
        best = min(best, (time.perf_counter() - started) / len(texts) * 1e6)
    return best


def tickets(pieces: list[str]) -> list[str]:
    """Different tickets of 300 characters, put together from pieces."""
    texts, current = [], ""
    for piece in pieces:
        current = f"{current} {piece}".strip()
        if len(current) >= 300:
            texts.append(current[:300])
            current = ""
    return texts


def speed(finder: Finder) -> Iterator[str]:
    """Cost of the request path on one core, for tickets of 300 characters, ordinary ones and ones full of numbers."""
    ordinary = tickets([str(row["newest"]) for row in rows(THREADS)])
    dense = tickets([str(row["text"]) for row in rows(MENTIONS)])
    yield "| step | ordinary tickets, µs | tickets full of identifiers, µs |"
    yield "|---|---:|---:|"
    mentions = [sum(len(finder.find(text)) for text in texts) / len(texts) for texts in (ordinary, dense)]
    yield f"| (mentions a ticket) | {mentions[0]:.1f} | {mentions[1]:.1f} |"
    unseen = []
    for texts in (ordinary, dense):
        fresh, half = Finder.load(PATTERNS), len(texts) // 2
        per_call(fresh.find, texts[:half], rounds=1)
        unseen.append(per_call(fresh.find, texts[half:], rounds=1))
    cleaned = [per_call(clean, texts) for texts in (ordinary, dense)]
    steps = {
        "reading nothing (`str.strip`)": [per_call(str.strip, texts) for texts in (ordinary, dense)],
        "cleaning": cleaned,
        "identifiers, ticket seen before": [per_call(finder.find, texts) for texts in (ordinary, dense)],
        "identifiers, new ticket": unseen,
        "cleaning and identifiers, new ticket": [first + second for first, second in zip(cleaned, unseen, strict=True)],
        "language": [per_call(detect_language, texts) for texts in (ordinary, dense)],
    }
    for name, spent in steps.items():
        yield f"| {name} | {spent[0]:.0f} | {spent[1]:.0f} |"


def pdf() -> Iterator[str]:
    """A PDF of ten pages against PDFium's own command, both as a process and inside this one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ten.pdf")
        path.write_bytes(_ten_pages())
        data = path.read_bytes()
        with Readers(workers=1) as readers:
            readers.read(data)
            worker = per_call(lambda _: readers.read(data), ["x"], 9) / 1e3
        inside = per_call(lambda _: read(data, limits=Limits()), ["x"], 9) / 1e3
        command = [sys.executable, "-m", "pypdfium2_cli", "extract-text", str(path)]
        program = per_call(lambda _: subprocess.run(command, capture_output=True, check=True), ["x"], 5) / 1e3
        ours = [sys.executable, "-c", PEAK, str(path)]
        process = per_call(lambda _: subprocess.run(ours, capture_output=True, check=True, cwd=ROOT), ["x"], 5) / 1e3
    yield "| way | ms for 10 pages |"
    yield "|---|---:|"
    yield f"| `pypdfium2 extract-text`, a process | {program:.1f} |"
    yield f"| `read`, a process of its own | {process:.1f} |"
    yield f"| `read_safely`, a worker that is running | {worker:.1f} |"
    yield f"| `read`, in this process | {inside:.1f} |"


def _ten_pages() -> bytes:
    """A PDF of ten pages with forty lines each."""
    words = [
        str(row["text"]).encode("ascii", "ignore").decode().translate({40: None, 41: None, 92: None})
        for row in rows(MENTIONS)
    ]
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count 10/Kids[{' '.join(f'{4 + 2 * page} 0 R' for page in range(10))}]>>",
    ]
    objects.append("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    for page in range(10):
        drawn = " ".join(
            f"BT /F1 10 Tf 50 {780 - 18 * row} Td ({words[(page * 40 + row) % len(words)]}) Tj ET" for row in range(40)
        )
        resources = f"/Resources<</Font<</F1 3 0 R>>>>/Contents {5 + 2 * page} 0 R"
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]{resources}>>")
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    body, table = "%PDF-1.4\n", "0000000000 65535 f \n"
    for number, text in enumerate(objects, 1):
        table += f"{len(body):010} 00000 n \n"
        body += f"{number} 0 obj{text}endobj\n"
    count = len(objects) + 1
    return f"{body}xref\n0 {count}\n{table}trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{len(body)}\n%%EOF".encode()


def main() -> None:
    """Prints every table; documents only where SORTATION_DOCUMENTS names a folder."""
    finder = Finder.load(PATTERNS)
    folder = os.environ.get("SORTATION_DOCUMENTS")
    print("# Reading, measured\n\nOne core, Python", sys.version.split()[0])
    if folder:
        print("\n## Documents\n", *documents(Path(folder)), sep="\n")
        print("\n## Mutated documents\n", *mutated(Path(folder)), sep="\n")
    print(
        "\nThe rules and patterns were corrected on the sets below; see docs/decisions/12 and 14 for the first sight."
    )
    print("\n## Cleaning\n", *cleaning(), sep="\n")
    print("\n## Identifiers\n", *identifiers(finder), sep="\n")
    print("\n## Speed\n", *speed(finder), sep="\n")
    print("\n## PDF\n", *pdf(), sep="\n")
    print(f"\nPeak memory of the bench itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB.")


if __name__ == "__main__":
    main()
