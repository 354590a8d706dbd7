"""What several processes of one server count, as one page: each writes its own now and then, any of them shows all."""

import asyncio
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 1.0
"""Seconds between two writings; the page is older by that at most, but for the process that shows it."""
_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")


@dataclass(frozen=True)
class Gathering:
    """Pages of metrics in a folder, named by the numbers of their processes."""

    folder: Path
    own: Callable[[], bytes]
    """This process's own page, as it is now."""

    async def publish(self) -> None:
        """Writes this process's page every second, until cancelled."""
        while True:
            await asyncio.to_thread(self.write)
            await asyncio.sleep(EVERY)

    def write(self) -> None:
        """Writes it once, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{os.getpid()}"
        draft.write_bytes(self.own())
        draft.replace(self._page(os.getpid()))

    def withdraw(self) -> None:
        """Takes this process's page away."""
        self._page(os.getpid()).unlink(missing_ok=True)
        with suppress(OSError):  # others are still there, or nothing ever was
            self.folder.rmdir()

    def exposed(self) -> bytes:
        """The pages of all processes that live, each sample with the label `worker`."""
        pages = {os.getpid(): self.own().decode()}
        for file in self.folder.glob("*.prom"):
            number = int(file.stem)
            if number in pages:
                continue
            if _lives(number):
                pages[number] = file.read_text(encoding="utf-8")
            else:
                file.unlink(missing_ok=True)
        return "".join(merged(pages)).encode()

    def _page(self, number: int) -> Path:
        return self.folder / f"{number}.prom"


def merged(pages: dict[int, str]) -> Iterable[str]:
    """Lines of several pages in Prometheus' text format as one page, every series' samples together."""
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for worker, page in sorted(pages.items()):
        series = ""
        for line in page.splitlines(keepends=True):
            if line.startswith("#"):
                series = line.split(" ", 3)[2]
                lines = heads.setdefault(series, [])
                lines += [] if line in lines else [line]
            elif found := _SAMPLE.match(line):
                labels = ",".join(filter(None, (f'worker="{worker}"', found[2])))
                samples.setdefault(series, []).append(f"{found[1]}{{{labels}}} {found[3]}\n")
    for series, lines in heads.items():
        yield from lines
        yield from samples.get(series, ())


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
