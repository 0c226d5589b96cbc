"""`registry screen`: a workbook of projects to a report, without a server."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from registry.cli import main
from registry.reports.template import template_workbook
from scoring.facts import dictionary
from tests.projects import PV_PLANT

PLANT = {key: value for section in PV_PLANT.values() for key, value in section.items()}
BENEFIT = {"benefit_central": 14023, "benefit_low": 12500, "duplicate_code": False, "duplicate_score": 0}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Three projects: the plant as it is, one with too little equity, one amount that is no number."""
    file = tmp_path / "projects.xlsx"
    specs = list(dictionary().values())
    file.write_bytes(template_workbook(specs, made_on=date(2026, 3, 2)))
    book = load_workbook(file)
    sheet = book.worksheets[0]
    for row, change in enumerate(({}, {"equity": "1200"}, {"equity": "一千二百"}), start=2):
        stated = {**PLANT, **BENEFIT, **change}
        for column, spec in enumerate(specs, start=1):
            value = stated.get(spec.key)
            text = "、".join(value) if isinstance(value, list) else value
            sheet.cell(row, column, text)
    book.save(file)
    return file


def _screen(file: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["screen", str(file), "--on", "2026-03-02", "--out", str(out), *options])


def test_workbook_becomes_a_report_with_reasons_and_fixes(workbook: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.xlsx"

    done = _screen(workbook, out, "--edition", "2026.1")

    assert done.exit_code == 0, done.output
    rows = [[cell.value for cell in row] for row in load_workbook(out).worksheets[0].iter_rows()]
    head = next(n for n, row in enumerate(rows) if row[0] == "原表行号")
    report = [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]]
    assert [row["原表行号"] for row in report] == [2, 3, 4]
    assert "G02" in report[0]["未决事项"]
    assert "1,600" in report[1]["最近的办法"], "20 % of 8,000 万元"
    assert report[2]["有无法读取的单元格"] not in (None, "否", False)


def test_faulty_cell_is_named_and_the_other_rows_are_screened(workbook: Path, tmp_path: Path) -> None:
    done = _screen(workbook, tmp_path / "report.xlsx")

    assert "3 projects" in done.output
    assert "第 4 行" in done.output


def test_unknown_edition_is_refused_in_words(workbook: Path, tmp_path: Path) -> None:
    done = _screen(workbook, tmp_path / "report.xlsx", "--edition", "1999.1")

    assert done.exit_code == 1
    assert "1999.1" in done.output


def test_file_that_is_no_workbook_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "projects.xlsx"
    file.write_bytes(b"not a zip")

    done = _screen(file, tmp_path / "report.xlsx")

    assert done.exit_code == 1
    assert "Traceback" not in done.output
