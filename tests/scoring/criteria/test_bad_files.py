"""Every fault of a rule file is a load error with its line and what would be right."""

import pytest

from scoring import catalogue, criteria
from scoring.errors import InvalidData
from tests.scoring.criteria.editions import HEAD

GATE = '  - {id: G, title: {zh: 门, en: gate}, require: "is_spv", basis: B}\n'
GRADES = """\
grades:
  - {id: a, label: {zh: 甲, en: a}, from: 50}
  - {id: b, label: {zh: 乙, en: b}, from: 60}
"""
GATES = "gates:\n" + GATE
SHARE = '  - {id: share, unit: "1", label: {zh: 比例, en: share}, values: [%s]}\n'
TABLE = '  - {id: %s, label: {zh: 表, en: t}, unit: "1", hit: %s, basis: B, %srows: [%s]}\n'


def scored(parts: str, full: int = 100) -> str:
    return (
        GATES
        + f"criteria:\n  - {{id: C, title: {{zh: 分, en: c}}, full: {full}, basis: B, parts: [{parts}]}}\n"
    )


def fault(body: str, head: str = HEAD) -> InvalidData:
    with pytest.raises(InvalidData) as caught:
        criteria.read(head + body)
    return caught.value


LINES_BEFORE = HEAD.count("\n")


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        (
            "gates:\n  - {id: G, title: {zh: 门, en: g}, require: eqity > 0, basis: B}\n",
            2,
            "did you mean “equity”",
        ),
        (GATES.replace("is_spv", "equity >= 5"), 2, "declare a parameter with that unit"),
        (GATES.replace("is_spv", "equity >= project_life"), 2, "both sides need one unit"),
        (GATES + GATE, 3, "duplicate id “G”"),
        (GATES.replace("basis: B", "basis: X"), 2, "unknown basis “X”; declared: B"),
        (GATES.replace(", basis: B", ""), 2, "“basis” is missing"),
        (GATES.replace("require", "demand"), 2, "either “require” or a list of “clauses”"),
        (GATES.replace("basis: B", "basis: B, colour: red"), 2, "unknown key “colour”"),
        (GATES.replace("basis: B", "basis: B, adjustable: [equity]"), 2, "does not read it"),
        (GATES.replace("basis: B", "basis: B, otherwise: maybe"), 2, "allowed: fail, review, insufficient"),
        ("gates: []\n", 1, "at least one gate"),
        ("parameters:\n" + SHARE % "" + GATES, 2, "at least one dated value"),
        (
            "parameters:\n" + SHARE % "{from: 2021-01-01, value: 1, basis: B}" + GATES,
            2,
            "no value on 2020-01-01",
        ),
        (
            "parameters:\n" + SHARE % "{from: 2019-01-01, until: 2022-01-01, value: 1, basis: B}, "
            "{from: 2021-01-01, value: 2, basis: B}" + GATES,
            2,
            "overlapping dates",
        ),
        (
            "parameters:\n" + SHARE % "{from: 2019-01-01, until: 2020-06-01, value: 1, basis: B}, "
            "{from: 2021-01-01, value: 2, basis: B}" + GATES,
            2,
            "no value on 2020-06-01",
        ),
        ("parameters:\n" + SHARE.replace('"1"', "foot") % "" + GATES, 2, "unknown unit “foot”"),
        ("parameters:\n" + SHARE.replace("id: share", "id: equity") % "" + GATES, 2, "is already a fact"),
        (scored("{when: is_spv, points: 90}", 90), 3, "sum to 90; they must sum to 100"),
        (scored("{when: is_spv}"), 4, "“points” is missing"),
        (scored("{input: equity, steps: [[1, 2]]}"), 4, "state “unit: 万元”"),
        (scored("{input: dscr_min, steps: [[2, 1], [1, 2]]}"), 4, "must rise"),
        (scored("{input: stage, by_choice: {plan: 1}}"), 4, "is no choice of “stage”"),
        (scored("{input: dscr_min, steps: [[1, 2]], curve: [[1, 2]]}"), 4, "a part has"),
        (
            "tables:\n" + TABLE % ("t", "any", "", "{when: is_spv, value: 1}") + GATES,
            2,
            "allowed: first, unique",
        ),
        (
            "tables:\n"
            + TABLE % ("t", "unique", "", "{when: is_spv, value: 1}, {when: is_spv, value: 2}")
            + GATES,
            2,
            "rows 1 and 2 overlap, for example at is_spv = True",
        ),
        (
            "tables:\n" + TABLE % ("t", "first", "", "{when: is_spv, value: 1}") + GATES,
            2,
            "no row covers is_spv = False",
        ),
        (
            "tables:\n"
            + TABLE % ("a", "first", "otherwise: 0, ", '{when: "b > 1", value: 1}')
            + TABLE % ("b", "first", "otherwise: 0, ", '{when: "a > 1", value: 1}')
            + GATES,
            2,
            "cyclic table: “a” reads “b”",
        ),
        (
            "tables:\n" + TABLE % ("a", "first", "otherwise: 0, ", '{when: "a > 1", value: 1}') + GATES,
            2,
            "cyclic table: “a” reads “a”",
        ),
        (GATES + GRADES, 5, "from the highest"),
        (
            GATES + "cases:\n  - {name: x, on: 2026-01-01, facts: {equityy: 1}, expect: {}}\n",
            4,
            "unknown fact “equityy”",
        ),
        (
            GATES + "cases:\n  - {name: x, on: 2026-01-01, facts: {equity: -1}, expect: {}}\n",
            4,
            "must be at least 0",
        ),
        (GATES + "cases:\n  - {name: x, on: 2026-01-01, expect: {result: 1}}\n", 4, "unknown key “result”"),
        (GATES + "surprise: 1\n", 3, "unknown key “surprise”"),
        (GATES + "gates: []\n", 3, "duplicate key “gates”"),
    ],
)
def test_fault_is_named_with_its_line(body: str, line: int, message: str) -> None:
    error = fault(body)

    assert message in error.message
    assert error.line == line + LINES_BEFORE
    assert error.file == "draft.yaml"


def test_dates_of_an_edition_must_not_run_backwards() -> None:
    error = fault(GATES, HEAD.replace("to: null", "to: 2019-01-01"))

    assert "before it begins" in error.message
    assert error.line == 4


def test_a_file_of_ten_megabytes_is_refused_before_it_is_read() -> None:
    error = fault("#" * 10_000_000)

    assert "at most 4,000,000" in error.message


def test_deep_nesting_and_aliases_are_refused() -> None:
    assert "nested deeper than" in fault("gates: " + "[" * 100).message
    assert "aliases" in fault("gates: &g []\ncases: *g\n").message


def test_an_expression_of_a_file_is_never_executed(tmp_path: object) -> None:
    error = fault(GATES.replace("is_spv", "open('/tmp/never', 'w')"))

    assert "not part of the rule language" in error.message
    assert not (catalogue.DATA / "never").exists()


@pytest.mark.parametrize("rows", [10, 40])
def test_unique_rows_over_regions_of_a_number_are_accepted(rows: int) -> None:
    row = '{when: "dscr_min >= %d and dscr_min < %d", value: 1}'
    bounds = ", ".join(row % (low, low + 1) for low in range(rows))
    body = "tables:\n" + TABLE % ("t", "unique", "otherwise: 0, ", bounds) + GATES

    assert criteria.read(HEAD + body).tables["t"].hit == "unique"
