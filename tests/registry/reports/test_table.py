"""Tables and the template: text stays text, and what is written can be read again."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from registry.reports.table import TableColumn, table_workbook
from registry.reports.template import template_workbook
from registry.reports.workbook import read_workbook
from scoring.facts import dictionary
from scoring.words import Words

MADE_ON = date(2026, 11, 24)
COLUMNS = (TableColumn("name", Words("名称", "Name"), 30), TableColumn("value", Words("数值", "Value")))


def write(*values: Any, language: str = "zh") -> bytes:
    return table_workbook(
        title=Words("筛查结果", "Screening results"),
        columns=COLUMNS,
        rows=[{"name": "甲", "value": value} for value in values],
        notes=(Words("标准：2026 版", "Criteria: 2026 edition"),),
        made_on=MADE_ON,
        language=language,
    )


def cells(data: bytes) -> list[tuple[Any, str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    return [(cell.value, cell.data_type) for cell in sheet["B"][3:]]


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "http://x.example"]
)
def test_text_that_looks_like_a_formula_stays_text(text: str) -> None:
    data = write(text)

    assert cells(data) == [(text, "s")]
    assert b"hyperlink" not in data


def test_kinds_are_written_as_what_they_are() -> None:
    written = cells(
        write(
            Decimal("1.50"),
            7,
            None,
            True,
            date(2026, 1, 2),
            Words("深绿", "Deep green"),
            frozenset({"b", "a"}),
        )
    )

    assert [value for value, _ in written[:4]] == [1.5, 7, None, "是"]
    assert written[4][0].date() == date(2026, 1, 2)
    assert [value for value, _ in written[5:]] == ["深绿", "a、b"]


def test_number_beyond_a_spreadsheets_digits_is_kept_exactly() -> None:
    assert cells(write(Decimal("1234567890.1234567"))) == [("1234567890.1234567", "s")]


def test_table_in_english_is_english() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write(True, language="en")))

    assert [cell.value for cell in book.worksheets[0][3]] == ["Name", "Value"]
    assert book.worksheets[0]["B4"].value == "yes"
    assert (book.sheetnames, book.worksheets[1]["A1"].value) == (
        ["Screening results", "Notes"],
        "Criteria: 2026 edition",
    )


def test_same_table_gives_the_same_bytes() -> None:
    assert write("甲", 1) == write("甲", 1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_filled_template_reads_back(language: str) -> None:
    specs = [spec for spec in dictionary().values() if spec.entered_by == "applicant"]
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(specs, made_on=MADE_ON, language=language)))
    sheet = book.worksheets[0]
    for column, spec in enumerate(specs, start=1):
        if spec.kind == "choice":
            sheet.cell(2, column, spec.choices[0].label.in_language(language))
        elif spec.kind == "flag":
            sheet.cell(2, column, "是" if language == "zh" else "yes")
        elif spec.kind == "money":
            sheet.cell(2, column, 12.5)
    target = io.BytesIO()
    book.save(target)

    read = read_workbook(target.getvalue(), dictionary())

    expected = {
        **{spec.key: spec.choices[0].id for spec in specs if spec.kind == "choice"},
        **{spec.key: True for spec in specs if spec.kind == "flag"},
        **{spec.key: Decimal("12.5") for spec in specs if spec.kind == "money"},
    }
    assert read.faults == ()
    assert read.ignored == ()
    assert read.rows[0].facts == expected


def test_template_offers_every_choice() -> None:
    specs = [spec for spec in dictionary().values() if spec.kind == "choice"]
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(specs, made_on=MADE_ON)))
    choices = book["选项"]

    offered = {
        spec.key: [cell.value for cell in column if cell.value is not None]
        for spec, column in zip(specs, choices.iter_cols(), strict=True)
    }

    assert offered == {spec.key: [choice.label.zh for choice in spec.choices] for spec in specs}
    assert len(book.worksheets[0].data_validations.dataValidation) == len(specs)
