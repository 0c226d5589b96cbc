"""The workbook an enterprise fills in, from the fact dictionary: a column a field, with unit and choices."""

import io
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import xlsxwriter

from scoring import places, taxonomy
from scoring.facts import FactSpec
from scoring.words import Words

FILLED_ROWS = 500
_TEXT_KINDS = ("text", "note", "code")


def template_workbook(specs: Iterable[FactSpec], *, made_on: date, language: str = "zh") -> bytes:
    """An empty workbook for the given fields: headers with units, hints, drop-downs and a guide."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": datetime(made_on.year, made_on.month, made_on.day)})  # noqa: DTZ001
    fields = list(specs)
    sheet = book.add_worksheet("项目" if _is_chinese(language) else "Projects")
    guide = book.add_worksheet("填写说明" if _is_chinese(language) else "Guide")
    lists = book.add_worksheet("选项" if _is_chinese(language) else "Choices")
    lists.hide()
    _write_guide(book, guide, fields, language)
    needed = book.add_format({"bold": True, "bg_color": "#bcd9ce", "border": 1, "text_wrap": True})
    optional = book.add_format({"bg_color": "#eff6f3", "border": 1, "text_wrap": True})
    for column, spec in enumerate(fields):
        cell_format = book.add_format({"num_format": _number_format(spec)})
        sheet.set_column(column, column, 24 if spec.kind in _TEXT_KINDS else 16, cell_format)
        sheet.write_string(0, column, header(spec, language), needed if spec.needed else optional)
        sheet.write_comment(0, column, _hint(spec, language))
        _restrict(sheet, lists, column, spec, language)
    sheet.freeze_panes(1, 1)
    book.close()
    return target.getvalue()


def header(spec: FactSpec, language: str) -> str:
    """The title of a field's column: “总投资（万元）”."""
    label = spec.label.in_language(language)
    unit = spec.unit.label.in_language(language) if spec.unit else ""
    if not unit:
        return label
    return f"{label}（{unit}）" if _is_chinese(language) else f"{label} ({unit})"


def _restrict(sheet: Any, lists: Any, column: int, spec: FactSpec, language: str) -> None:
    options = _options(spec, language)
    if options:
        for row, option in enumerate(options):
            lists.write_string(row, column, option)
        source = f"='{lists.get_name()}'!{_absolute(column, len(options))}"
        rule: dict[str, Any] = {"validate": "list", "source": source, "error_type": "stop"}
    elif spec.is_numeric and spec.minimum is not None and spec.maximum is not None:
        kind = "integer" if spec.kind == "integer" else "decimal"
        rule = {"validate": kind, "criteria": "between", "error_type": "warning"}
        rule |= {"minimum": float(spec.minimum), "maximum": float(spec.maximum)}
    else:
        return
    sheet.data_validation(1, column, FILLED_ROWS, column, rule)


def _options(spec: FactSpec, language: str) -> list[str]:
    chinese = _is_chinese(language)
    if spec.kind == "flag":
        return ["是", "否"] if chinese else ["yes", "no"]
    if spec.kind == "choice":
        return [choice.label.in_language(language) for choice in spec.choices]
    if spec.check == "township":
        return [place.label.in_language(language) for place in places.townships().values()]
    if spec.check == "category":
        return [item.label.in_language(language) for item in taxonomy.categories().values() if item.active]
    return []


def _hint(spec: FactSpec, language: str) -> str:
    lines = [_KIND_HINTS[spec.kind].in_language(language)]
    if spec.kind == "choices":
        labels = [choice.label.in_language(language) for choice in spec.choices]
        lines.append(("、" if _is_chinese(language) else "; ").join(labels))
    if spec.help:
        lines.append(spec.help.in_language(language))
    return "\n".join(lines)


def _write_guide(book: Any, guide: Any, fields: list[FactSpec], language: str) -> None:
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    guide.set_column(0, 0, 34)
    guide.set_column(1, 1, 90)
    for row, words in enumerate(_GUIDE):
        guide.write_string(row, 0, words.in_language(language))
    start = len(_GUIDE) + 1
    for row, spec in enumerate(fields, start=start):
        guide.write_string(row, 0, header(spec, language), bold if spec.needed else wrap)
        guide.write_string(row, 1, _hint(spec, language).replace("\n", " "), wrap)


def _number_format(spec: FactSpec) -> str:
    if spec.kind in _TEXT_KINDS:
        return "@"
    return "yyyy-mm-dd" if spec.kind == "date" else "General"


def _absolute(column: int, rows: int) -> str:
    letters = xlsxwriter.utility.xl_col_to_name(column)
    return f"${letters}$1:${letters}${rows}"


def _is_chinese(language: str) -> bool:
    return language.startswith("zh")


_NUMBER = Words("填数字，不写单位。", "A plain number without the unit.")
_KIND_HINTS = {
    "text": Words("填文字。", "Text."),
    "note": Words("填文字，可以分段。", "Text, also several paragraphs."),
    "number": _NUMBER,
    "integer": Words("填整数。", "A whole number."),
    "money": Words(
        "填金额，最多两位小数，不写单位。", "An amount with at most two decimals, without the unit."
    ),
    "share": Words("填百分数，例如 15 表示 15%。", "A percentage: 15 means 15%."),
    "date": Words("填日期，例如 2026-03-31。", "A date such as 2026-03-31."),
    "flag": Words("选“是”或“否”。", "yes or no."),
    "choice": Words("从列表中选一项。", "One of the list."),
    "choices": Words("可填多项，用顿号或分号隔开：", "Several, separated by a semicolon:"),
    "code": Words("填代码。", "A code."),
}
_GUIDE = (
    Words("每行一个项目；第一行是列名，请勿改动。", "One project a row; keep the first row as it is."),
    Words("深色列名为必填项。", "Fields with a dark header are needed."),
    Words(
        "没有的数据请留空，不要填 0；请勿合并单元格，公式请粘贴为数值。",
        "Leave unknown cells empty, do not type 0; merge no cells, paste formulas as values.",
    ),
)
