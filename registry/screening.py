"""Screening a file of projects without a server: a workbook with reasons, or a large table by columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from registry.reports.table import TableColumn, table_workbook
from registry.reports.workbook import CellFault, read_workbook
from scoring import criteria
from scoring.facts import dictionary
from scoring.words import Words

BLOCK_ROWS = 200_000
WORKBOOKS = frozenset({".xlsx", ".xlsm"})
TABLES = frozenset({".csv", ".parquet"})
_GRADES = {
    "dark": Words("深绿", "dark"),
    "medium": Words("中绿", "medium"),
    "light": Words("浅绿", "light"),
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a file: rows by verdict, and the cells that could not be read."""

    verdicts: dict[str, int]
    faults: tuple[CellFault, ...]

    @property
    def rows(self) -> int:
        return sum(self.verdicts.values())


def find_edition(name: str | None, on: date) -> criteria.Criteria:
    """`rule-set@version`, a version of our rule set, or the edition in force; raises UnknownEdition."""
    if name is None:
        return criteria.in_force(on)
    rule_set, _, version = name.rpartition("@")
    return criteria.load(rule_set or "tongzhou-entry", version)


def screen_workbook(
    source: Path, target: Path, edition: criteria.Criteria, *, on: date, language: str = "zh"
) -> Summary:
    """Screen every readable row; cells with faults are listed, and their rows are screened without them."""
    sheet = read_workbook(source, dictionary())
    faulty = {fault.row for fault in sheet.faults}
    verdicts: dict[str, int] = {}
    rows = []
    for row in tqdm(sheet.rows, desc=source.name, unit="row", disable=None):
        outcome = criteria.evaluate(row.facts, edition, on=on)
        verdicts[outcome.verdict.value] = verdicts.get(outcome.verdict.value, 0) + 1
        rows.append(
            {"row": row.number, "faulty": row.number in faulty, **_report(row.facts, outcome, language)}
        )
    notes = [
        Words(
            f"标准：{edition.title.zh} {edition.version}，内容摘要 {edition.content_hash}",
            f"Criteria: {edition.title.en} {edition.version}, hash {edition.content_hash}",
        ),
        Words(f"按 {on.isoformat()} 计算", f"as of {on.isoformat()}"),
        Words(
            f"共 {len(rows)} 行，{len(sheet.faults)} 个单元格有误",
            f"{len(rows)} rows, {len(sheet.faults)} faulty cells",
        ),
        *(fault.words for fault in sheet.faults),
    ]
    title = Words("初筛报告", "Screening report")
    target.write_bytes(
        table_workbook(
            title=title, columns=_columns(edition), rows=rows, notes=notes, made_on=on, language=language
        )
    )
    return Summary(verdicts, sheet.faults)


def _report(facts: Any, outcome: criteria.Outcome, language: str) -> dict[str, Any]:
    open_findings = [e for e in outcome.explain() if e.verdict in ("fail", "review", "insufficient")]
    joint = "；" if language == "zh" else "; "
    return {
        "project_name": facts.get("project_name"),
        "uscc": facts.get("uscc"),
        "verdict": outcome.verdict.label,
        "score": outcome.score,
        "grade": _GRADES[outcome.grade] if outcome.grade else None,
        "reasons": joint.join(f"{e.id} {e.text.in_language(language)}" for e in open_findings),
        "fixes": joint.join(f"{e.id} {e.fix.in_language(language)}" for e in open_findings if e.fix),
        **{finding.id: finding.verdict.label for finding in outcome.findings},
        **{line.id: line.points for line in outcome.scores},
    }


def _columns(edition: criteria.Criteria) -> list[TableColumn]:
    fixed = [
        TableColumn("row", Words("原表行号", "Row"), 8),
        TableColumn("faulty", Words("有无法读取的单元格", "Has faulty cells"), 10),
        TableColumn("project_name", Words("项目名称", "Project"), 30),
        TableColumn("uscc", Words("统一社会信用代码", "USCC"), 22),
        TableColumn("verdict", Words("结论", "Verdict"), 10),
        TableColumn("score", Words("得分", "Score"), 8),
        TableColumn("grade", Words("等级", "Grade"), 8),
        TableColumn("reasons", Words("未决事项", "Open findings"), 60),
        TableColumn("fixes", Words("最近的办法", "Nearest fix"), 50),
    ]
    gates = [
        TableColumn(gate.id, Words(f"{gate.id} {gate.title.zh}", f"{gate.id} {gate.title.en}"))
        for gate in edition.gates
    ]
    scores = [
        TableColumn(c.id, Words(f"{c.id} {c.title.zh}", f"{c.id} {c.title.en}")) for c in edition.criteria
    ]
    return [*fixed, *gates, *scores]


def screen_table(source: Path, target: Path, edition: criteria.Criteria, *, on: date) -> Summary:
    """Screen a CSV or Parquet table by columns, block by block; writes the same kind of file as asked for."""
    verdicts: dict[str, int] = {}
    parts = []
    for block in tqdm(_blocks(source), desc=source.name, unit="block", disable=None):
        result = criteria.evaluate_frame(block, edition, on=on)
        parts.append(result.attach(block))
        names, counts = _counted(result)
        for name, count in zip(names, counts, strict=True):
            verdicts[name] = verdicts.get(name, 0) + count
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if target.suffix == ".parquet":
        frame.to_parquet(target, index=False)
    else:
        frame.to_csv(target, index=False)
    return Summary(verdicts, ())


def _counted(result: criteria.ResultFrame) -> tuple[list[str], list[int]]:
    codes = pd.Series(result.verdict).value_counts()
    names = [str(criteria.VERDICTS[int(code)]) for code in codes.index]
    return names, [int(count) for count in codes]


def _blocks(source: Path) -> Iterator[pd.DataFrame]:
    if source.suffix == ".csv":
        yield from pd.read_csv(source, chunksize=BLOCK_ROWS)
        return
    frame = pd.read_parquet(source)
    for start in range(0, len(frame), BLOCK_ROWS):
        yield frame.iloc[start : start + BLOCK_ROWS]
