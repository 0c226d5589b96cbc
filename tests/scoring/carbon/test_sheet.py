"""The calculation sheet: complete, its workbook computing what it shows; replay and hash."""

import io
import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import openpyxl
import pytest

from scoring import carbon
from scoring.errors import InvalidFacts, UnknownEdition

TODAY = date(2026, 11, 1)
PROJECTS: dict[str, dict[str, Any]] = {
    "cdm-ams-i-d": {"capacity": 10, "full_load_hours": 1600, "degradation": Decimal("0.006")},
    "beijing-dpv-behind-meter": {
        "capacity": 2,
        "full_load_hours": 1150,
        "self_use": Decimal("0.7"),
        "ef_export": Decimal("0.5"),
    },
    "heat-pump": {
        "area": 57000,
        "heat": Decimal("0.3"),
        "eta_boiler": Decimal("0.9"),
        "spf": Decimal("3.5"),
        "charge": 1,
        "leak": Decimal("0.05"),
    },
    "building-retrofit": {
        "area": 50000,
        "heat_old": Decimal("0.3"),
        "heat_new": Decimal("0.18"),
        "eta": Decimal("0.9"),
        "el_old": 60,
        "el_new": 48,
    },
    "cdm-ams-iii-c": {
        "vehicles": 100,
        "distance": 60000,
        "fuel": 35,
        "electricity": 105,
        "charging_eff": Decimal("0.9"),
        "improvement": Decimal("0.99"),
    },
    "ess": {
        "charge_by_period": "1000, 2000",
        "ef_charge_by_period": "0.3, 0.4",
        "discharge_by_period": "900, 1500",
        "ef_discharge_by_period": "0.7, 0.8",
        "round_trip": Decimal("0.85"),
    },
    "cdm-acm0016": {
        "passengers": 50000000,
        "trip": 9,
        "shares": "0.25, 0.05, 0.5, 0.2",
        "ef_modes": "0.14, 0.18, 0.035, 0",
        "traction": 60000,
    },
    "cdm-acm0014": {
        "cod": 20000,
        "f_depth": Decimal("0.7"),
        "t_monthly": "297,298,300,302,302,301,300,300,300,299,298,297",
        "electricity_generated": 3406,
    },
    "cdm-acm0022": {
        "waste": 200000,
        "share_food": Decimal("0.5"),
        "share_paper": Decimal("0.1"),
        "landfill_share": Decimal("0.3"),
        "yield_per_tonne": Decimal("0.35"),
    },
    "data-centre": {
        "it_load": 5000,
        "utilisation": Decimal("0.6"),
        "pue_base": Decimal("1.5"),
        "pue_new": Decimal("1.2"),
    },
    "cdm-acm0001": {
        "ch4_generated": 2000,
        "collection": Decimal("0.6"),
        "destruction": Decimal("0.98"),
        "baseline_capture": Decimal("0.2"),
        "electricity": 8000,
        "aux_electricity": 500,
    },
    "ccer-14-001": {
        "area": 100,
        "growth": 4,
        "root_shoot": Decimal("0.25"),
        "period": 20,
    },
}


def benefit_of(method: str) -> carbon.Benefit:
    found = carbon.estimate(
        method,
        PROJECTS[method],
        on=TODAY,
        investment=Decimal(8000),
        annual_saving=Decimal(100),
        evidence={"capacity": "可研报告 3.2 节"},
    )
    assert isinstance(found, carbon.Benefit)
    return found


class Workbook:
    """A reader that computes formulas anew, from the inputs alone."""

    def __init__(self, content: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(content))

    def value(self, sheet: str, cell: str) -> Any:
        raw = self.book[sheet][cell.replace("$", "")].value
        if not isinstance(raw, str) or not raw.startswith("="):
            return raw
        text = raw[1:].replace("^", "**")
        pattern = r"(?:'([^']+)'!)?(\$?[A-Z]{1,2}\$?\d+)(?::(\$?[A-Z]{1,2}\$?\d+))?"
        found: list[Any] = []

        def keep(match: re.Match[str]) -> str:
            where = match[1] or sheet
            found.append(
                self.value(where, match[2])
                if match[3] is None
                else np.array(
                    [self.value(where, c.coordinate) for c in self._cells(where, match[2], match[3])]
                )
            )
            return f"found[{len(found) - 1}]"

        text = re.sub(pattern, keep, text)
        names = {
            "SUMPRODUCT": np.sum,
            "SUM": np.sum,
            "AVERAGE": np.mean,
            "EXP": np.exp,
            "MIN": min,
            "MAX": max,
            "found": found,
        }
        return eval(text, {"__builtins__": {}, **names})

    def _cells(self, sheet: str, first: str, last: str) -> Any:
        area = self.book[sheet][f"{first.replace('$', '')}:{last.replace('$', '')}"]
        return [cell for row in area for cell in row]

    def result(self, key: str) -> Any:
        main = self.book.worksheets[0]
        rows = [row[0].row for row in main.iter_rows() if row[2].value == key]
        assert rows, key
        return self.value(main.title, f"D{rows[-1]}")


@pytest.mark.parametrize("method", sorted(PROJECTS))
def test_workbook_formulas_compute_the_result(method: str) -> None:
    benefit = benefit_of(method)

    book = Workbook(carbon.sheet_xlsx(benefit))

    for key in ("annual", "lifetime", "lifetime_dynamic", "lifetime_credited", "per_investment"):
        assert book.result(key) == pytest.approx(getattr(benefit, key), rel=1e-9), key
    if benefit.mac is not None:
        assert book.result("mac") == pytest.approx(benefit.mac, rel=1e-9)


def test_changing_an_input_changes_the_workbook_result() -> None:
    book = Workbook(carbon.sheet_xlsx(benefit_of("cdm-ams-i-d")))
    main = book.book.worksheets[0]
    before = book.result("annual")

    row = next(row[0].row for row in main.iter_rows() if row[2].value == "full_load_hours")
    main[f"D{row}"] = 800

    assert book.result("annual") == pytest.approx(before / 2)
    assert book.result("lifetime") == pytest.approx(before / 2 * sum(0.994**t for t in range(25)))


def test_sheet_shows_inputs_factors_formulas_and_hash() -> None:
    benefit = benefit_of("cdm-ams-i-d")

    sheet = carbon.sheet(benefit)

    lines = {line.key: line for line in sheet.inputs}
    assert lines["capacity"].source.zh == "可研报告 3.2 节"
    assert lines["full_load_hours"].source.zh == "未附依据"
    assert "MEE baseline factors" in lines["ef_om"].source.en
    assert lines["ef_om"].mark is not None
    assert lines["ef_bm"].mark is not None
    assert "medium" in lines["ef_bm"].mark.en
    assert sheet.steps[-1].formula == "reduction = net_generation × ef_cm"
    assert sheet.content_hash == benefit.content_hash
    assert len(sheet.yearly) == benefit.life


def test_evidence_that_looks_like_a_formula_stays_text() -> None:
    found = carbon.estimate(
        "cdm-ams-i-d", {"net_generation": 100}, on=TODAY, evidence={"net_generation": "=1+1"}
    )
    assert isinstance(found, carbon.Benefit)

    main = openpyxl.load_workbook(io.BytesIO(carbon.sheet_xlsx(found))).worksheets[0]

    cells = [cell for row in main.iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert all(cell.data_type != "f" for cell in cells)


@pytest.mark.parametrize("method", sorted(PROJECTS))
def test_stored_benefit_comes_out_again(method: str) -> None:
    benefit = benefit_of(method)
    stored = json.loads(json.dumps(benefit.to_json()))

    again = carbon.verify(stored)

    assert again.identical
    assert not again.method_changed
    assert again.benefit.content_hash == benefit.content_hash == stored["content_hash"]
    assert carbon.replay(stored).factors == benefit.factors


def test_replay_keeps_the_factor_values_of_its_day() -> None:
    stored = benefit_of("cdm-ams-i-d").to_json()
    line = next(entry for entry in stored["inputs"] if entry["key"] == "ef_om")
    line["value"] = 1.0

    again = carbon.replay(stored)

    assert again.value_of("ef_om") == 1.0


def test_tampering_shows() -> None:
    stored = benefit_of("cdm-ams-i-d").to_json()
    stored["annual"] += 1

    found = carbon.verify(stored)

    assert not found.identical
    assert found.differences == ("annual",)


def test_incomplete_record_and_lost_edition_are_refused() -> None:
    stored = benefit_of("cdm-ams-i-d").to_json()

    with pytest.raises(InvalidFacts):
        carbon.replay({"method_id": "cdm-ams-i-d", "method_version": "18.0"})
    with pytest.raises(InvalidFacts):
        carbon.replay(stored | {"inputs": []})
    with pytest.raises(UnknownEdition):
        carbon.replay(stored | {"method_version": "1.0"})


def test_hash_depends_on_what_entered() -> None:
    one = carbon.estimate("cdm-ams-i-d", {"net_generation": 100}, on=TODAY)
    other = carbon.estimate("cdm-ams-i-d", {"net_generation": 100}, on=TODAY, seed=1)
    same = carbon.estimate("cdm-ams-i-d", {"net_generation": (0.1, "GWh/yr")}, on=TODAY)
    assert isinstance(one, carbon.Benefit)
    assert isinstance(other, carbon.Benefit)
    assert isinstance(same, carbon.Benefit)

    assert one.content_hash != other.content_hash
    assert one.content_hash == same.content_hash
