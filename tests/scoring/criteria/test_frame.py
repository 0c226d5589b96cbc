from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from scoring import criteria
from scoring.criteria import VERDICTS, Verdict
from scoring.errors import InvalidFacts
from tests.scoring.criteria.editions import make, many_gates
from tests.scoring.criteria.projects import ON, as_frame, projects

EDITION = criteria.load()
RATIO = """\
parameters:
  - {id: share, unit: "1", label: {zh: 比例, en: share}, values: [{from: 2000-01-01, value: "0.2", basis: B}]}
gates:
""" + "".join(
    f'  - {{id: {name}, title: {{zh: 门, en: gate}}, basis: B, require: "{rule}"}}\n'
    for name, rule in {
        "AT_LEAST": "equity / total_investment >= share",
        "ABOVE": "equity / total_investment > share",
        "AT_MOST": "equity / total_investment <= share",
        "BELOW": "equity / total_investment < share",
        "TWO": "equity / total_investment >= committed_loans / financing_need",
        "TWO_BACK": "committed_loans / financing_need <= equity / total_investment",
        "TWO_ABOVE": "equity / total_investment > committed_loans / financing_need",
    }.items()
)


def ties(share: str, count: int) -> pd.DataFrame:
    """Projects exactly on the share, in two-decimal money; a second ratio equal to the first."""
    chance = np.random.default_rng(int(Decimal(share) * 100))
    tenths = int(Decimal(share) * 10)
    tens, others = chance.integers(1, 10_000_000, (2, count))
    return pd.DataFrame(
        {
            "total_investment": tens * 10 / 100,
            "equity": tens * tenths / 100,
            "financing_need": others * 10 / 100,
            "committed_loans": others * tenths / 100,
        }
    )


@pytest.mark.parametrize("share", ["0.2", "0.3", "0.8"])
def test_exact_ties_are_decided_right_in_both_directions(share: str) -> None:
    edition = criteria.reform(make(RATIO), {"share": share})
    gates = [gate.id for gate in edition.gates]
    frame = ties(share, 100_000)

    tied = criteria.evaluate_frame(frame, edition, on=ON).failed
    short = criteria.evaluate_frame(
        frame.assign(equity=frame["equity"].to_numpy() - 0.01), edition, on=ON
    ).failed
    over = criteria.evaluate_frame(
        frame.assign(equity=frame["equity"].to_numpy() + 0.01), edition, on=ON
    ).failed

    def failing(masks: "np.ndarray[tuple[int], np.dtype[np.uint8]]", gate: str) -> int:
        return int((masks >> np.uint8(gates.index(gate)) & np.uint8(1)).sum())

    count = len(frame)
    counts = {gate: [failing(masks, gate) for masks in (tied, short, over)] for gate in gates}
    assert counts["AT_LEAST"] == [0, count, 0]
    assert counts["ABOVE"] == [count, count, 0]
    assert counts["AT_MOST"] == [0, 0, count]
    assert counts["BELOW"] == [count, 0, count]
    assert counts["TWO"] == [0, count, 0]
    assert counts["TWO_BACK"] == [0, count, 0]
    assert counts["TWO_ABOVE"] == [count, count, 0]


def test_exact_ties_are_decided_right_for_one_project() -> None:
    edition = make(RATIO)
    frame = ties("0.2", 500)
    result = criteria.evaluate_frame(frame, edition, on=ON)

    for row in range(len(frame)):
        assert criteria.evaluate(result.facts(row), edition, on=ON).raw[0] == result.failed[row]


def test_an_empty_frame_gives_an_empty_result() -> None:
    frame = as_frame(EDITION, projects(EDITION, 50, 1), 1)
    result = criteria.evaluate_frame(frame.iloc[:0], EDITION, on=ON)

    assert len(result) == 0
    assert result.reasons() == ()
    assert list(result.attach().index) == []


def test_more_than_32_gates_have_wide_masks() -> None:
    edition = many_gates(40)
    frame = pd.DataFrame({"equity": [35.5, 0.0, np.nan], "total_investment": [100.0, 100.0, 100.0]})
    result = criteria.evaluate_frame(frame, edition, on=ON)

    assert result.failed.dtype == np.uint64
    assert [bin(int(mask)).count("1") for mask in result.failed] == [4, 39, 0]
    assert int(result.missing[2]) == 2**40 - 1
    assert result.reasons()[0].gates == tuple(f"N{place}" for place in range(1, 40))


def test_missing_dates_masked_flags_and_foreign_categories_count_as_missing() -> None:
    edition = make(
        "gates:\n"
        '  - {id: DAY, title: {zh: 日, en: d}, require: "established_on <= on", basis: B}\n'
        '  - {id: FLAG, title: {zh: 是, en: f}, require: "is_spv", basis: B}\n'
        "  - {id: STAGE, title: {zh: 段, en: s}, require: \"stage == 'planning'\", basis: B}\n"
    )
    flags = pd.arrays.BooleanArray(np.array([True, True, False]), np.array([False, True, True]))
    frame = pd.DataFrame(
        {
            "established_on": pd.to_datetime(["2026-03-31 23:59", None, "2026-04-01 00:00"]),
            "is_spv": flags,
            "stage": pd.Categorical(["planning", "someday", None], categories=["someday", "planning"]),
        },
        index=[7, 7, 7],
    )
    result = criteria.evaluate_frame(frame, edition, on=ON)

    assert [VERDICTS[code] for code in result.verdict] == [Verdict.PASS, Verdict.INSUFFICIENT, Verdict.FAIL]
    assert result.missing.tolist() == [0, 0b111, 0b110]
    assert result.unread == {"stage": {"someday": 1}}
    assert result.attach()["failed_gates"].tolist() == ["", "", "DAY"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("equity", ["12 万元", "1"]),
        ("equity", [True, False]),
        ("is_spv", ["maybe", True]),
        ("established_on", ["not a day", None]),
        ("stage", [1, 2]),
        ("permits_held", [3, None]),
    ],
)
def test_a_column_of_another_kind_is_refused_by_name(column: str, values: list[object]) -> None:
    with pytest.raises(InvalidFacts) as caught:
        criteria.evaluate_frame(pd.DataFrame({column: values}), EDITION, on=ON)

    assert list(caught.value.messages) == [column]


def test_a_column_given_twice_is_refused() -> None:
    frame = pd.DataFrame([[1.0, 2.0]], columns=["equity", "equity"])

    with pytest.raises(InvalidFacts):
        criteria.evaluate_frame(frame, EDITION, on=ON)


def test_results_say_which_edition_they_come_from() -> None:
    frame = as_frame(EDITION, projects(EDITION, 20, 3), 3)
    attached = criteria.evaluate_frame(frame, EDITION, on=ON).attach()

    assert attached.attrs["content_hash"] == EDITION.content_hash
    assert attached.attrs["on"] == "2026-03-31"


def test_a_row_is_explained_as_one_project() -> None:
    rows = projects(EDITION, 40, 5)
    result = criteria.evaluate_frame(as_frame(EDITION, rows, 5), EDITION, on=ON)

    for row in range(40):
        verdicts = [entry.verdict for entry in result.explain(row) if entry.verdict is not None]
        assert verdicts == criteria.evaluate(rows[row], EDITION, on=ON).verdicts


@pytest.mark.parametrize(
    "bad",
    [{"equity": "20"}, {"equity": 2.5}, {"is_spv": 1}, {"permits_held": ["eia"]}, {"established_on": "x"}],
)
def test_a_project_with_a_value_of_another_kind_is_refused_by_name(bad: dict[str, object]) -> None:
    complete = EDITION.cases[0].facts

    with pytest.raises(InvalidFacts) as caught:
        criteria.evaluate({**complete, **bad}, EDITION, on=ON)  # type: ignore[dict-item]

    assert list(caught.value.messages) == list(bad)


def test_the_day_of_a_screening_is_a_date() -> None:
    with pytest.raises(TypeError):
        criteria.evaluate({}, EDITION, on="2026-03-31")  # type: ignore[arg-type]
    assert criteria.evaluate({}, EDITION, on=date(2026, 3, 31)).verdict is Verdict.INSUFFICIENT


def test_exact_ties_survive_the_subtraction_of_large_amounts() -> None:
    gate = '  - {id: %s, title: {zh: 门槛, en: gate}, basis: B, require: "%s"}\n'
    edition = make(
        "gates:\n"
        + gate % ("GAP", "financing_need <= total_investment - equity")
        + gate % ("SUM", "need_loan + need_bond == total_investment")
    )
    chance = np.random.default_rng(3)
    need, equity, loan = chance.integers(1, 1_000, 50_000), *chance.integers(1, 10**9, (2, 50_000))
    total = need + equity
    frame = pd.DataFrame(
        {
            "total_investment": total / 100,
            "equity": equity / 100,
            "financing_need": need / 100,
            "need_loan": (loan % total) / 100,
            "need_bond": (total - loan % total) / 100,
        }
    )

    tied = criteria.evaluate_frame(frame, edition, on=ON).failed
    more = frame.assign(financing_need=(need + 1) / 100, need_bond=(total - loan % total + 1) / 100)
    over = criteria.evaluate_frame(more, edition, on=ON).failed

    assert np.unique(tied).tolist() == [0]
    assert np.unique(over).tolist() == [3]
