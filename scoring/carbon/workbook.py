"""The calculation sheet as a workbook with live formulas: change an input and the result follows.

Three sheets: the calculation (inputs, steps, outcome), the years (static and on the trajectory), and
the series (monthly, by mode, by deposit year) where a method has them. Formulas come from the equations.
"""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from scoring.carbon import plan as planning
from scoring.carbon.benefit import Benefit
from scoring.carbon.definition import Method, Step
from scoring.carbon.house import house
from scoring.carbon.methods import method
from scoring.carbon.plan import Plan
from scoring.carbon.sheet import results, sheet
from scoring.words import Words

CALCULATION, YEARS, SERIES = "计算 Calculation", "逐年 Years", "数列 Series"
HEAD = (
    "项目",
    "Item",
    "符号 Symbol",
    "数值 Value",
    "单位 Unit",
    "公式 Formula",
    "来源 Source",
    "Source (en)",
    "备注 Remark",
)
VALUE = 3


def sheet_xlsx(benefit: Benefit) -> bytes:
    """The workbook of a benefit's calculation sheet."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        _Writer(book, benefit).write()
    return buffer.getvalue()


class _Writer:
    def __init__(self, book: Any, benefit: Benefit) -> None:
        self.benefit = benefit
        self.of: Method = method(benefit.method_id, benefit.method_version)
        stated = frozenset(entry.key for entry in benefit.inputs if entry.origin == "stated")
        self.plan: Plan = planning.make(self.of, str(self.of.result), stated)
        self.values = self._values(1.0)
        self.main = book.add_worksheet(CALCULATION)
        self.years = book.add_worksheet(YEARS)
        self.series = book.add_worksheet(SERIES) if any(np.ndim(v) for v in self.values.values()) else None
        self.bold = book.add_format({"bold": True})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.input = book.add_format({"font_color": "#0000FF", "num_format": "0.######"})
        self.number = book.add_format({"num_format": "#,##0.######"})
        self.cells: dict[str, str] = {}
        self.elements: dict[str, list[str]] = {}

    def write(self) -> None:
        data = sheet(self.benefit)
        self.main.set_column(0, 1, 30)
        self.main.set_column(2, 4, 16)
        self.main.set_column(5, 8, 40)
        self.main.write_string(0, 0, f"{data.title.zh}  {data.method_id} {data.method_version}", self.bold)
        self.main.write_string(0, 1, data.title.en, self.bold)
        self.main.write_string(
            1, 0, f"测算日期 {data.on}；依据：{data.basis.issuer}《{data.basis.title}》（{data.status.zh}）"
        )
        row = self._heading(3)
        if self.series is not None:
            self._series_inputs()
        row = self._inputs(row)
        row = self._steps(row + 1)
        last = self._years()
        row = self._results(row + 1, last)
        for words in (*data.warnings, *data.pitfalls):
            self.main.write_string(row, 0, words.zh)
            self.main.write_string(row, 1, words.en)
            row += 1
        self.main.write_string(row + 1, 0, "内容校验 SHA-256")
        self.main.write_string(row + 1, 1, data.content_hash)
        self.main.freeze_panes(4, 0)

    def _values(self, year: float) -> dict[str, Any]:
        values: dict[str, Any] = {
            entry.key: np.array(entry.value) if isinstance(entry.value, tuple) else entry.value
            for entry in self.benefit.inputs
        }
        values["year"] = year
        if "deposited" in self.plan.built_in:
            values["deposited"] = np.arange(1.0, self.benefit.life + 1.0)
        return self.plan.evaluate_beside(self.plan.evaluate(values))

    def _heading(self, row: int) -> int:
        for column, text in enumerate(HEAD):
            self.main.write_string(row, column, text, self.head)
        return row + 1

    def _inputs(self, row: int) -> int:
        for entry in sheet(self.benefit).inputs:
            source = [entry.source.zh, entry.source.en]
            remark = "；".join(words.zh for words in (entry.origin, entry.mark, entry.remark) if words)
            self._labels(row, entry.label, entry.key, entry.unit.symbol)
            if entry.key in self.elements:
                self.main.write_string(row, VALUE, f"→ {SERIES}")
            else:
                assert isinstance(entry.value, float)
                self.main.write_number(row, VALUE, entry.value, self.input)
                self.cells[entry.key] = self._address(row)
            for column, text in zip((6, 7, 8), (*source, remark), strict=True):
                self.main.write_string(row, column, text)
            row += 1
        if "year" in self.plan.built_in:
            self._labels(row, self.of.label_of("year"), "year", "")
            self.main.write_number(row, VALUE, 1, self.input)
            self.cells["year"] = self._address(row)
            row += 1
        return row

    def _steps(self, row: int) -> int:
        *before, result = self.plan.steps
        for step in (*before, *self.plan.beside, result):
            value = self.values[step.key]
            self._labels(row, step.label, step.key, step.unit.symbol)
            self.main.write_string(row, 5, f"{step.equation.id}: {step.key} = {step.formula.text()}")
            if np.ndim(value):
                self._series_step(step, value)
                self.main.write_string(row, VALUE, f"→ {SERIES}")
            else:
                formula = "=" + step.formula.formula(self._references())
                self.main.write_formula(row, VALUE, formula, self.number, float(value))
                self.cells[step.key] = self._address(row)
            row += 1
        return row

    def _results(self, row: int, last: int) -> int:
        formulas = self._outcome(last)
        for line in results(self.benefit):
            if line.value is None:
                continue
            self._labels(row, line.label, line.key, line.unit)
            if line.key in formulas:
                self.main.write_formula(row, VALUE, formulas[line.key], self.number, line.value)
            else:
                self.main.write_number(row, VALUE, line.value, self.number)
            row += 1
        band = sheet(self.benefit).band
        self.main.write_string(row, 0, f"区间：{band.zh}")
        self.main.write_string(row, 1, f"Band: {band.en}")
        return row + 2

    def _outcome(self, last: int) -> dict[str, str]:
        benefit = self.benefit
        static, dynamic = f"'{YEARS}'!$B$2:$B${last}", f"'{YEARS}'!$C$2:$C${last}"
        annual = self.cells[str(self.of.result)]
        if self.of.annual == "mean":
            annual = f"AVERAGE({static})"
        years = (
            benefit.life if benefit.crediting_years is None else min(benefit.life, benefit.crediting_years)
        )
        found = {
            "annual": f"={annual}",
            "lifetime": f"=SUM({static})",
            "lifetime_dynamic": f"=SUM({dynamic})",
            "lifetime_credited": f"=SUM('{YEARS}'!$B$2:$B${years + 1})",
        }
        if benefit.investment:
            found["per_investment"] = f"={annual}/{benefit.investment}"
            rate, life = benefit.discount_rate, benefit.life
            recovery = f"1/{life}" if rate == 0 else f"{rate}/(1-(1+{rate})^(-{life}))"
            cost, saving = benefit.annual_cost or 0, benefit.annual_saving or 0
            found["mac"] = f"=({recovery}*{benefit.investment}+{cost}-{saving})*10000/({annual})"
        return found

    def _years(self) -> int:
        """A row a year: static and dynamic reduction, with the columns they are computed from."""
        trajectory = house().trajectories[self.benefit.trajectory]
        grid = [key for key in self.of.grid if key in self.values]
        moving = self._moving({"year"})
        dynamic = self._moving({"year", *grid})
        heads = ["年序 Year", "静态 Static [tCO2e]", "动态 Dynamic [tCO2e]"]
        heads += [f"{step.key} (static)" for step in moving]
        heads += [f"{key} (t)" for key in grid] + [
            f"{step.key} (dynamic)" for step in dynamic if step.key not in grid
        ]
        for column, text in enumerate(heads):
            self.years.write_string(0, column, text, self.head)
        for t in range(1, self.benefit.life + 1):
            self.years.write_number(t, 0, t)
            column = self._year_side(t, 3, moving, 1, self.benefit.yearly[t - 1], {})
            overlay: dict[str, str] = {}
            for key in grid:
                base = f"'{CALCULATION}'!{self.cells[key]}"
                floor = min(trajectory.floor, float(self.values[key]))
                formula = f"=MAX({base}*(1-{trajectory.decline})^($A${t + 1}-1),{floor})"
                value = max(float(self.values[key]) * (1 - trajectory.decline) ** (t - 1), floor)
                self.years.write_formula(t, column, formula, self.number, value)
                overlay[key] = xl_rowcol_to_cell(t, column, row_abs=True, col_abs=True)
                column += 1
            later = [step for step in dynamic if step.key not in grid]
            self._year_side(t, column, later, 2, self.benefit.yearly_dynamic[t - 1], overlay)
        return self.benefit.life + 1

    def _year_side(
        self,
        t: int,
        column: int,
        steps: Iterable[Step],
        target: int,
        total: float,
        overlay: Mapping[str, str],
    ) -> int:
        cells = {**self._references(YEARS), "year": f"$A${t + 1}", **overlay}
        for step in steps:
            self.years.write_formula(t, column, "=" + step.formula.formula(cells), self.number)
            cells[step.key] = xl_rowcol_to_cell(t, column, row_abs=True, col_abs=True)
            column += 1
        self.years.write_formula(t, target, f"={cells[str(self.of.result)]}", self.number, total)
        return column

    def _moving(self, sources: set[str]) -> list[Step]:
        """The scalar steps that change when one of the sources does, in order."""
        touched, found = set(sources), []
        for step in self.plan.steps:
            if touched & set(step.needs) and not np.ndim(self.values[step.key]):
                touched.add(step.key)
                found.append(step)
        return found

    def _series_inputs(self) -> None:
        computed = {step.key for step in (*self.plan.steps, *self.plan.beside)}
        for name, value in self.values.items():
            if np.ndim(value) and name not in computed:
                self._column(name, [float(item) for item in value], None)

    def _series_step(self, step: Step, value: np.ndarray) -> None:
        formulas = []
        for place in range(len(value)):
            cells = self._references(SERIES) | {
                name: held[place] for name, held in self.elements.items() if len(held) > place
            }
            formulas.append("=" + step.formula.formula(cells))
        self._column(step.key, [float(item) for item in value], formulas)

    def _column(self, name: str, values: list[float], formulas: list[str] | None) -> None:
        assert self.series is not None
        column = len(self.elements)
        self.series.write_string(0, column, f"{name} [{self.of.unit_of(name).symbol}]", self.head)
        addresses = []
        for row, value in enumerate(values, start=1):
            if formulas is None:
                self.series.write_number(row, column, value, self.input)
            else:
                self.series.write_formula(row, column, formulas[row - 1], self.number, value)
            addresses.append(xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True))
        self.elements[name] = addresses

    def _references(self, here: str = CALCULATION) -> dict[str, str]:
        """Where each quantity stands, as seen from a sheet."""
        scalars = {
            name: cell if here == CALCULATION else f"'{CALCULATION}'!{cell}"
            for name, cell in self.cells.items()
        }
        for name, held in self.elements.items():
            prefix = "" if here == SERIES else f"'{SERIES}'!"
            scalars[name] = f"{prefix}{held[0]}:{held[-1]}"
        return scalars

    def _labels(self, row: int, label: Words, key: str, unit: str) -> None:
        self.main.write_string(row, 0, label.zh)
        self.main.write_string(row, 1, label.en)
        self.main.write_string(row, 2, key)
        self.main.write_string(row, 4, unit)

    def _address(self, row: int) -> str:
        return str(xl_rowcol_to_cell(row, VALUE, row_abs=True, col_abs=True))
