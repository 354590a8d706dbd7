"""Jobs: one row of answers for each row of input, whatever was stopped, changed or damaged on the way."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from pyarrow import parquet

from model import bundle
from model.errors import Faults, SortationError
from training.scoring import Job, run
from training.scoring import inputs as listed
from training.scoring.answers import counted, schema
from training.scoring.job import Done, Engine, work
from training.scoring.places import DRAFT, place
from training.scoring.sources import Chunk

Make = Callable[..., Job]


def here(job: Job, chunks: Iterator[Chunk]) -> Iterator[Done]:
    """An engine in this process."""
    scorer = job.model.scorer()
    return (Done(chunk, work(scorer, chunk, job.out)) for chunk in chunks)


def first(count: int) -> Engine:
    """An engine that is stopped after some chunks."""

    def answered(job: Job, chunks: Iterator[Chunk]) -> Iterator[Done]:
        yield from islice(here(job, chunks), count)
        raise KeyboardInterrupt

    return answered


def parts(job: Job) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(job.out.path).glob("part-*")}


def test_every_row_has_one_row_of_answers_in_order(job: Make, inputs: Path) -> None:
    told = run(job(), here)
    table = parquet.read_table(job().out.path)  # passes over what begins with a dot or an underscore
    found = list(zip(table["file"].to_pylist(), table["row"].to_pylist(), strict=True))
    counts = {"a.parquet": 620, "b.csv": 310, "c.jsonl": 310}
    assert found == [(str(inputs / name), row) for name, count in counts.items() for row in range(count)]
    ids = parquet.read_table(inputs / "a.parquet")["Ticket ID"].to_pylist()
    assert table["id"].to_pylist() == [*ids, *ids]
    assert (told.last.rows, round(told.last.share, 3), told.faults) == (1240, 1.0, ())


def test_answers_are_those_of_the_classifier(job: Make, inputs: Path) -> None:
    from model.document import Document
    from model.preparation import prepare

    made = job()
    run(made, here)
    answer = parquet.read_table(made.out.path).slice(620, 1).to_pylist()[0]
    with (inputs / "b.csv").open(encoding="utf-8", newline="") as file:
        _, subject, body = list(csv.reader(file))[1]
    classifier = bundle.load(made.model.folder)
    seen = prepare(Document(" ".join(subject.split()), body))
    (expected,) = classifier.predict([seen.document])
    assert {label.level: label.name for label in expected.labels} == {
        level: answer[level] for level in classifier.taxonomy.level_names
    }
    assert answer["service_probability"] == pytest.approx(expected.by_level["service"].probability, abs=1e-6)
    assert answer["confidence"] == pytest.approx(expected.joint, abs=1e-6)
    assert answer["doubts"] == [*expected.doubts, *seen.doubts(classifier.languages)]
    assert answer["out_of_scope"] is not expected.in_scope
    assert (answer["model_version"], answer["model_fingerprint"]) == (1, made.model.fingerprint)


def test_a_stopped_job_goes_on_and_ends_with_the_same_bytes(job: Make) -> None:
    whole, stopped = job("whole"), job("stopped")
    run(whole, here)
    with pytest.raises(KeyboardInterrupt):
        run(stopped, first(3))
    assert len(parts(stopped)) == 3
    damaged = min(Path(stopped.out.path).glob("part-*"))
    damaged.write_bytes(damaged.read_bytes()[:-7])
    done: list[int] = []
    told = run(stopped, here, lambda progress: done.append(progress.rows))
    assert parts(stopped) == parts(whole)
    assert told.last.earlier == 250  # of 150, 100 and 150 the first is damaged
    assert done[-1] == 1240


def test_what_is_done_is_not_done_again_and_drafts_are_swept(job: Make) -> None:
    made = job()
    run(made, here)
    draft = Path(made.out.path) / f"{DRAFT}1-part"
    draft.write_text("half")
    said: list[object] = []
    told = run(made, here, said.append)
    assert said == []
    assert told.last.earlier == 1240
    assert not draft.exists()
    assert json.loads((Path(made.out.path) / "_done.json").read_text()) == {"rows": 1240, "errors": told.last.errors}


def test_a_job_that_is_another_one_is_refused_with_all_that_differs(
    job: Make, model_home: Path, tmp_path: Path
) -> None:
    made = job()
    run(made, here)
    before = parts(made)
    other = replace(made.model, version=2)
    fewer = replace(made, sources=made.sources[1:], model=other, most=7)
    with pytest.raises(Faults) as raised:
        run(fewer, here)
    said = " ".join(raised.value.faults)
    for what in ("the model was version 1", "the rows of a chunk was 150 and is 7", "a.parquet is gone"):
        assert what in said
    assert parts(made) == before


def test_an_input_that_changed_is_refused(job: Make, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    for text, refused in (("id,text\n1,where is it\n", False), ("id,text\n1,where is she\n", True)):
        file.write_text(text)
        out = place(str(tmp_path / "answers"))
        made = replace(job(), sources=listed(str(file), out), out=out)
        if refused:
            with pytest.raises(Faults, match=r"a\.csv changed"):
                run(made, here)
        else:
            run(made, here)


def test_a_folder_with_something_else_in_it_is_refused(job: Make) -> None:
    made = job()
    Path(made.out.path).mkdir()
    (Path(made.out.path) / "letter.txt").write_text("dear")
    with pytest.raises(SortationError, match="files of something else"):
        run(made, here)


def test_a_job_that_was_killed_before_it_had_a_manifest_begins_again(job: Make) -> None:
    made = job()
    Path(made.out.path).mkdir()
    draft = Path(made.out.path) / f"{DRAFT}1-_job.json"
    draft.write_text('{"form')
    assert run(made, here).last.rows == 1240
    assert not draft.exists()


def test_bad_files_are_named_and_the_rest_is_answered(job: Make, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("id,text\n1,where is it\n")
    (folder / "b.parquet").write_bytes(b"PAR1 and nothing else")
    (folder / "c.csv").write_text("x,y\n1,2\n")
    (folder / "d.jsonl").write_text('{"text": "two of five lamps are broken"}\n{"text": ""}\n')
    out = place(str(tmp_path / "answers"))
    told = run(replace(job(), sources=listed(str(folder), out), out=out), here)
    assert [fault.split(":")[0].rpartition("/")[2] for fault in told.faults] == ["b.parquet", "c.csv"]
    assert (told.last.rows, told.last.errors) == (3, 1)
    table = parquet.read_table(out.path)
    assert table["error"].to_pylist() == [None, None, "subject and body are both empty"]
    assert table["service"].to_pylist()[2] is None
    assert not (Path(out.path) / "_done.json").exists()


def test_a_damaged_page_costs_its_chunk_alone(job: Make, tmp_path: Path, inputs: Path) -> None:
    file = tmp_path / "a.parquet"
    group = parquet.read_metadata(inputs / "a.parquet").row_group(1).column(2)
    data = bytearray((inputs / "a.parquet").read_bytes())
    start = group.dictionary_page_offset or group.data_page_offset
    data[start : start + 40] = b"\xff" * 40
    file.write_bytes(data)
    out = place(str(tmp_path / "answers"))
    told = run(replace(job(most=250), sources=listed(str(file), out), out=out), here)
    assert len(told.faults) == 1
    assert "rows 250 to 499" in told.faults[0]
    assert told.last.rows == 370


def test_many_chunks_with_one_fault_are_one_sentence(job: Make) -> None:
    def failing(job: Job, chunks: Iterator[Chunk]) -> Iterator[Done]:
        return (Done(chunk, "the disk is full") for chunk in chunks)

    first, *others = run(job(), failing).faults
    assert "a.parquet, rows 0 to 149 and 4 more chunks: the disk is full" in first
    assert len(others) == 2


def test_a_model_that_is_not_the_one_is_refused(job: Make) -> None:
    made = job()
    with pytest.raises(SortationError, match="is not the model"):
        run(replace(made, model=replace(made.model, fingerprint="0" * 64)), here)


def test_a_level_called_like_a_column_is_refused() -> None:
    with pytest.raises(SortationError, match="level error is called like"):
        schema(["stage", "error"])


def test_what_is_no_whole_answer_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"PAR1")
    with (tmp_path / "part").open("rb") as file:
        assert counted(file) is None
