import asyncio

import pytest

from model.errors import ReadingError
from model.reading import Limits, Readers, read, read_safely
from model.reading.exchange import decode, encode

SENTENCE = "Pallet 7 arrived damaged"


@pytest.mark.parametrize("kind", ["docx", "pdf", "msg", "eml", "mbox", "html"])
def test_a_worker_reads_what_this_process_reads(kind: str, files: dict[str, bytes]) -> None:
    assert read_safely(files[kind], filename=f"a.{kind}") == read(files[kind], filename=f"a.{kind}")


def test_a_document_survives_its_way_through_the_pipe(files: dict[str, bytes]) -> None:
    document = read(files["eml"])
    assert decode(encode(document)) == document


def test_errors_keep_their_reasons_and_the_worker_goes_on(locked_pdf: bytes, files: dict[str, bytes]) -> None:
    with Readers(workers=1) as readers:
        for data, expected in ((locked_pdf, "encrypted"), (b"", "empty"), (b"PK\x03\x04", "damaged")):
            with pytest.raises(ReadingError) as raised:
                readers.read(data)
            assert raised.value.reason == expected
        assert SENTENCE in readers.read(files["pdf"]).body


def test_a_file_that_takes_too_long_is_an_error_for_it_alone(files: dict[str, bytes]) -> None:
    with Readers(workers=1) as readers:
        with pytest.raises(ReadingError) as raised:
            readers.read(files["docx"], limits=Limits(seconds=0))
        assert raised.value.reason == "timeout"
        assert SENTENCE in readers.read(files["docx"]).body


def test_a_file_that_needs_too_much_memory_is_an_error_for_it_alone(files: dict[str, bytes]) -> None:
    with Readers(workers=1) as readers:
        with pytest.raises(ReadingError) as raised:
            readers.read(b"x y " * 5_000_000, limits=Limits(memory=48 * 2**20))
        assert raised.value.reason in ("memory", "crashed")
        assert SENTENCE in readers.read(files["docx"]).body


def test_a_file_over_the_size_never_reaches_a_worker(files: dict[str, bytes]) -> None:
    with Readers() as readers, pytest.raises(ReadingError) as raised:
        readers.read(files["docx"], limits=Limits(size=10))
    assert raised.value.reason == "too_large"


def test_workers_are_shared_by_the_threads_of_a_server() -> None:
    async def serve() -> list[str]:
        with Readers(workers=2) as readers:
            texts = [f"message {number}".encode() for number in range(12)]
            found = await asyncio.gather(*(asyncio.to_thread(readers.read, text) for text in texts))
        return [document.body for document in found]

    assert asyncio.run(serve()) == [f"message {number}" for number in range(12)]
