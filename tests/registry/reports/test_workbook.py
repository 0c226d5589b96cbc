"""Workbooks from outside: what is read, what is faulted cell by cell, and what is not opened at all."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from registry.reports import archive
from registry.reports.archive import RefusedWorkbook
from registry.reports.workbook import ProjectSheet, read_workbook
from scoring.facts import dictionary

HEADERS = (
    "项目名称",
    "总投资（万元）",
    "Equity (CNY 10k)",
    "rate_ceiling",
    "成立日期",
    "统一社会信用代码",
    "是否新增产能",
)


def workbook(*rows: tuple[Any, ...], headers: tuple[str, ...] = HEADERS, **how: Any) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(headers)
    for row in rows:
        sheet.append(row)
    for change in how.get("changes", ()):
        change(sheet)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(*rows: tuple[Any, ...], **how: Any) -> ProjectSheet:
    return read_workbook(workbook(*rows, **how), dictionary())


def faults(sheet: ProjectSheet) -> dict[str, str]:
    return {fault.cell: fault.message.en for fault in sheet.faults}


def test_row_is_read_by_key_and_by_label_in_either_language() -> None:
    row = ("漷县示例", 7350.1, "３，１５０", 4.35, date(2019, 5, 6), None, "否")

    sheet = read(row)

    assert sheet.faults == ()
    assert sheet.rows[0].number == 2
    assert sheet.rows[0].facts == {
        "project_name": "漷县示例",
        "total_investment": Decimal("7350.1"),
        "equity": Decimal(3150),
        "rate_ceiling": Decimal("4.35"),
        "established_on": date(2019, 5, 6),
        "capacity_addition": False,
    }


def test_title_above_the_header_and_empty_rows_are_passed_over() -> None:
    def add_title(sheet: Worksheet) -> None:
        sheet.insert_rows(1, 2)
        sheet["A1"] = "2026 年申报项目汇总"
        sheet.merge_cells("A1:G1")

    sheet = read(("甲",), (None,), ("乙",), changes=[add_title])

    assert sheet.faults == ()
    assert [(row.number, row.facts["project_name"]) for row in sheet.rows] == [(4, "甲"), (6, "乙")]


def test_empty_cell_is_missing_not_zero() -> None:
    sheet = read(("甲", None, 0))

    assert "total_investment" not in sheet.rows[0].facts
    assert sheet.rows[0].facts["equity"] == 0


def test_binary_noise_of_a_spreadsheet_number_is_dropped() -> None:
    sheet = read(("甲", 1.1 * 3))

    assert sheet.rows[0].facts["total_investment"] == Decimal("3.3")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("1.05 亿元", "“1.05 亿元” is not in CNY 10k; type 10500"),
        ("73,500,000元", "“73,500,000元” is not in CNY 10k; type 7350"),
        ("很多", "“很多” is not a number; type a plain number in CNY 10k"),
        (date(2026, 1, 2), "the cell is formatted as a date or time (2026-01-02"),
        (-1, "must be at least 0 CNY 10k"),
    ],
)
def test_bad_amount_is_named_with_what_would_be_right(typed: Any, message: str) -> None:
    sheet = read(("甲", typed))

    assert faults(sheet)["B2"].startswith(message)
    assert sheet.faults[0].words.zh.startswith("第 2 行“总投资（万元）”（B2）：")
    assert "total_investment" not in sheet.rows[0].facts


def test_amount_with_the_right_unit_behind_it_is_read() -> None:
    sheet = read(("甲", "７３５０ 万元"), ("乙", "7350万"))

    assert [row.facts["total_investment"] for row in sheet.rows] == [7350, 7350]


def test_percentage_cell_is_read_as_it_is_shown() -> None:
    def show_percent(sheet: Worksheet) -> None:
        sheet["D2"].number_format = "0.00%"

    sheet = read(("甲", None, None, 0.0435), ("乙", None, None, 0.0435), changes=[show_percent])

    assert [row.facts["rate_ceiling"] for row in sheet.rows] == [Decimal("4.35"), Decimal("0.0435")]


def test_formula_error_and_merged_cells_are_faults() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A4:A5")
        sheet["B3"].data_type = "e"

    sheet = read(("甲", "=1+1"), ("乙", "#N/A"), ("丙",), ("丁",), changes=[merge])

    assert faults(sheet) == {
        "A4": "A4:A5 are merged; unmerge them and fill each cell",
        "B2": "holds a formula; copy it and paste it as a value",
        "B3": "holds an error such as #N/A; correct or clear it",
    }


def test_code_kept_as_a_number_and_serial_date_are_faults() -> None:
    sheet = read(("甲", None, None, None, 45000, 911101120123456789))

    assert faults(sheet)["E2"] == "“45000” looks like a serial date; if 2023-03-15 is meant, type 2023-03-15"
    assert faults(sheet)["F2"].startswith("the code was kept as a number and lost its last digits")


def test_telephone_kept_as_a_number_is_read() -> None:
    sheet = read(("甲", 13800138000), headers=("项目名称", "联系电话"))

    assert sheet.rows[0].facts["contact_phone"] == "13800138000"


def test_header_in_another_unit_misspelt_or_repeated_is_a_fault() -> None:
    headers = ("项目名称", "总投资（亿元）", "融资需求额", "project_name", "序号")

    sheet = read(("甲", 1.05, 1, "乙", 1), headers=headers)

    assert faults(sheet) == {
        "B1": "the header says CNY 100m, this field is stated in CNY 10k; convert the figures and rename "
        "the column",
        "C1": "is not a known field; did you mean “Financing need”? Rename the column, or delete it if not "
        "needed",
        "D1": "repeats column A; keep one of them",
    }
    assert sheet.ignored == ("序号",)
    assert sheet.rows[0].facts == {"project_name": "甲"}


def test_unusual_but_possible_value_is_a_doubt() -> None:
    sheet = read(("甲", None, None, 30))

    assert sheet.faults == ()
    assert [doubt.cell for doubt in sheet.doubts] == ["D2"]


def test_hidden_sheet_is_not_read() -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.append(("项目名称",))
    hidden.append(("隐藏",))
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("申报")
    shown.append(("项目名称",))
    shown.append(("可见",))
    target = io.BytesIO()
    book.save(target)

    sheet = read_workbook(target.getvalue(), dictionary())

    assert (sheet.name, sheet.rows[0].facts["project_name"]) == ("申报", "可见")


def repack(change: Callable[[str, bytes], bytes | None], **extra: bytes) -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(("甲",)))) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                copy.writestr(name, content)
        for name, content in extra.items():
            copy.writestr(name, content)
    return target.getvalue()


def in_sheet(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        if not name.startswith("xl/worksheets/"):
            return content
        assert old in content
        return content.replace(old, new, 1)

    return change


def unchanged(name: str, content: bytes) -> bytes:
    return content


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a sound .xlsx"),
        (b"PK\x03\x04 not really", "not a sound .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .xls or an encrypted file"),
        (workbook(("甲",))[:-200], "not a sound .xlsx"),
        (repack(unchanged, **{"xl/vbaProject.bin": b"x"}), "holds macros"),
        (repack(unchanged, **{"xl/externalLinks/externalLink1.xml": b"<x/>"}), "refers to other workbooks"),
        (repack(unchanged, **{"../../evil.xml": b"<x/>"}), "odd way"),
        (repack(unchanged, **{"XL/workbook.xml": b"<x/>"}), "odd way"),
        (repack(unchanged, **{f"xl/media/{n}.png": b"" for n in range(1001)}), "more than 1000 parts"),
        (repack(lambda n, c: None if n == "xl/workbook.xml" else c), "not an .xlsx file"),
        (repack(in_sheet(b"<worksheet", LAUGHS)), "XML declarations"),
        (repack(in_sheet(b"<sheetData>", b"<sheetData><oops>")), "cannot be parsed"),
        (repack(in_sheet(b'r="A2"', b'r="XFD1048576"')), "XFD1048576"),
        (repack(in_sheet(b'r="A2"', b'r="A-2"')), "odd cell reference"),
        (workbook(("甲",), headers=("第一列", "第二列")), "no known header"),
    ],
)
def test_unsafe_or_foreign_file_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(RefusedWorkbook, match=reason) as refusal:
        read_workbook(data, dictionary())

    assert refusal.value.words.zh.startswith("工作簿")
    assert refusal.value.status == 422


def test_utf_16_part_cannot_hide_a_doctype() -> None:
    def recode(name: str, content: bytes) -> bytes:
        if not name.startswith("xl/worksheets/"):
            return content
        return content.replace(b"<worksheet", LAUGHS, 1).decode().encode("utf-16")

    with pytest.raises(RefusedWorkbook, match="XML declarations"):
        read_workbook(repack(recode), dictionary())


def test_bomb_is_stopped_while_it_unfolds() -> None:
    filler = b"<!--" + b" " * (archive.MAX_UNPACKED_BYTES + 1) + b"--><sheetData>"
    bomb = repack(in_sheet(b"<sheetData>", filler))

    assert len(bomb) < 1_000_000
    with pytest.raises(RefusedWorkbook, match="unfolds beyond"):
        read_workbook(bomb, dictionary())


def test_far_blank_cell_with_a_format_does_no_harm() -> None:
    def colour_far_away(sheet: Worksheet) -> None:
        sheet["ZZ100000"].number_format = "0.00"

    assert len(read(("甲",), changes=[colour_far_away]).rows) == 1


def test_large_file_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_PACKED_BYTES", 1_000)

    with pytest.raises(RefusedWorkbook, match="is larger than"):
        read_workbook(workbook(("甲",)), dictionary())


cell = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(date(1900, 3, 1), date(2200, 1, 1)),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30).filter(
        lambda text: not text.startswith("=")
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[cell] * len(HEADERS)), min_size=1, max_size=4))
def test_whatever_stands_in_a_cell_is_a_fact_a_fault_or_missing(rows: list[tuple[Any, ...]]) -> None:
    sheet = read(*rows)

    stated = sum(len(row.facts) for row in sheet.rows)
    empty = sum(value is None or str(value).strip() == "" for row in rows for value in row)
    assert stated + len(sheet.faults) <= len(rows) * len(HEADERS)
    assert stated + len(sheet.faults) + empty <= len(rows) * len(HEADERS)
    assert {fault.row for fault in sheet.faults} <= set(range(2, len(rows) + 2))
