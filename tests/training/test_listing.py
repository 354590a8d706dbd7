"""Tables for spreadsheets and browsers: what people wrote stays text in both."""

import csv
import io

from training.listing import MOST, Section, as_csv, as_page

ROW = {"id": "=cmd|' /C calc'!A0", "score": 0.5, "text": '<script src="http://x.org/a.js">alert(1)</script>, "quoted"'}


def test_a_page_escapes_what_people_wrote_and_asks_for_nothing() -> None:
    page = as_page("Found <here>", [Section("label", "Wrong & worse", [ROW]), Section("weak", "None found", [])])
    assert "<script" not in page
    assert "&lt;script" in page and "Found &lt;here&gt;" in page and "Wrong &amp; worse" in page
    assert page.count("http") == 1 + page.count("http-equiv")  # the one that was escaped
    assert "default-src 'none'" in page


def test_a_page_is_bounded_and_says_how_many_more_there_are() -> None:
    page = as_page("t", [Section("label", "", [{"id": str(k)} for k in range(MOST + 3)])])
    assert page.count("<tr>") == MOST + 1
    assert "3 more rows" in page


def test_a_spreadsheet_runs_nothing_and_reads_the_rest_back() -> None:
    (row,) = csv.DictReader(io.StringIO(as_csv([ROW], list(ROW))))
    assert row["id"].startswith("'=")
    assert row["score"] == "0.5000"
    assert row["text"] == ROW["text"]


def test_a_table_without_rows_has_its_head() -> None:
    assert as_csv([], ["a", "b"]) == "a,b\n"
