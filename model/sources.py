"""Files and folders on disk -> documents, one at a time; what cannot be read is a sentence, not an end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.document import Document
from model.errors import NotFound, ReadingError
from model.preparation import as_written
from model.reading import Limits, messages, read_safely


@dataclass(frozen=True)
class Source:
    """One item on disk: a file, or a mail of a mailbox."""

    name: str
    """Its path; mails of a mailbox have their number behind a `#`."""
    document: Document | None
    """None where it could not be read."""
    error: str | None = None
    """Why it could not be read."""


def files(paths: Sequence[Path]) -> list[Path]:
    """The files, and those in folders, sorted; hidden ones are passed over. Raises NotFound for what is not there."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (each for each in path.rglob("*") if each.is_file())
            found += sorted(each for each in inside if not _hidden(each.relative_to(path)))
        elif path.exists():
            found.append(path)
        else:
            raise NotFound(f"there is no file {path}")
    return found


def documents(path: Path, limits: Limits = Limits()) -> Iterator[Source]:  # noqa: B008 frozen
    """The items of one file: the mails of a mailbox, else the file itself. Parsers run in processes of their own."""
    try:
        if _is_mailbox(path):
            with path.open("rb") as stream:
                for number, raw in enumerate(messages(stream), 1):
                    yield _source(f"{path}#{number}", raw, None, "message/rfc822", limits)
            return
        if path.stat().st_size > limits.size:
            yield Source(str(path), None, f"The file has {path.stat().st_size} bytes; {limits.size} are allowed.")
            return
        data = path.read_bytes()
    except OSError as error:
        yield Source(str(path), None, f"The file cannot be opened: {error.strerror}.")
        return
    yield _source(str(path), data, path.name, None, limits)


def _source(name: str, data: bytes, filename: str | None, media_type: str | None, limits: Limits) -> Source:
    try:
        document = read_safely(data, filename=filename, media_type=media_type, limits=limits)
    except ReadingError as error:
        return Source(name, None, str(error))
    return Source(name, as_written(document, data))


def _is_mailbox(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(5)
    return start == b"From " and path.suffix.lower() != ".eml"


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
