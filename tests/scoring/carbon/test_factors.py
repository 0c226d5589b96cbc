"""Factors: typed, complete, chosen by kind, region and day."""

import importlib
from datetime import date
from pathlib import Path

import pytest

from scoring import carbon
from scoring.carbon.factors import FILE, ladder
from scoring.errors import InvalidData, UnknownEdition
from scoring.units import units

TODAY = date(2026, 11, 1)


def test_every_factor_has_unit_source_status_and_both_names() -> None:
    known = carbon.factors()

    assert len(known) == 328
    for factor in known.values():
        assert factor.source
        assert factor.name.zh
        assert factor.name.en
        assert factor.status in ("official", "sibling", "proposed")
        assert factor.confidence in ("high", "medium", "low")


@pytest.mark.parametrize(
    ("kind", "region", "day", "factor_id"),
    [
        ("grid_average_province", "CN-BJ", date(2024, 6, 1), "grid_cn_bj_avg_2021"),
        ("grid_average_province", "CN-BJ", TODAY, "grid_cn_bj_avg_2022"),
        ("grid_average_region", "CN-BJ", date(2025, 6, 1), "grid_cn_north_avg_2022"),
        ("grid_average_region", "CN-BJ", TODAY, "grid_cn_north_avg_2023"),
        ("grid_average_region", "CN-GD", TODAY, "grid_cn_south_avg_2023"),
        ("grid_average_national", "CN-BJ", TODAY, "grid_cn_avg_2023"),
        ("grid_operating_margin", "CN-BJ", TODAY, "grid_north_om_2019"),
        ("grid_operating_margin", "CN-BJ", date(2013, 1, 1), "grid_north_om_2012"),
        ("grid_operating_margin", "CN-BJ", date(2009, 1, 1), "grid_north_om_2008"),
        ("grid_operating_margin", "CN-SC", TODAY, "grid_central_om_2019"),
    ],
)
def test_the_newest_known_factor_of_the_nearest_region(
    kind: str, region: str, day: date, factor_id: str
) -> None:
    assert carbon.factor(kind, on=day, region=region).id == factor_id


def test_a_factor_of_another_kind_is_never_taken_instead() -> None:
    with pytest.raises(UnknownEdition, match="first was published on 2024-04-30"):
        carbon.factor("grid_average_province", on=date(2023, 1, 1))
    with pytest.raises(UnknownEdition):
        carbon.factor("grid_build_margin", on=TODAY, region="CN-SH")
    with pytest.raises(UnknownEdition):
        carbon.factor("no_such_kind", on=TODAY)


def test_substance_and_edition_choose_among_warming_potentials() -> None:
    values = [
        carbon.factor("gwp100", on=TODAY, substance="ch4", edition=edition).value
        for edition in ("AR4", "AR5", "AR6")
    ]

    assert [float(value) for value in values] == [25, 28, 27.9]


def test_a_number_is_recognised_with_all_that_it_may_be() -> None:
    found = carbon.recognise(0.5703, units()["tCO2/MWh"])

    assert [factor.id for factor in found] == ["ets_cn_grid_05703"]
    assert found[0].kind == "grid_compliance"


def test_published_changes_follow_from_the_table() -> None:
    def change(kind: str, region: str) -> float:
        before, after = (
            float(carbon.factor(kind, on=day, region=region).value) for day in (date(2025, 6, 1), TODAY)
        )
        return 100 * (after / before - 1)

    regions = {
        "CN-north": -6.1,
        "CN-east": -2.1,
        "CN-central": -2.3,
        "CN-northwest": -5.4,
        "CN-south": 4.5,
        "CN-southwest": 9.0,
    }
    for region, published in regions.items():
        assert change("grid_average_region", region) == pytest.approx(published, abs=0.06)
    assert change("grid_average_region", "CN-northeast") == pytest.approx(-7.94, abs=0.01)


def test_fuel_factors_are_the_product_of_their_parts() -> None:
    by_key = {(f.kind, f.substance, f.edition): float(f.value) for f in carbon.factors().values()}
    fuels = [s for k, s, e in by_key if k == "fuel_emission" and e == "CN guideline"]

    assert len(fuels) == 17
    for fuel in fuels:
        parts = [
            by_key[kind, fuel, "CN guideline"]
            for kind in ("fuel_heating_value", "fuel_carbon_content", "fuel_oxidation")
        ]
        product = parts[0] * parts[1] * parts[2] * 44 / 12
        assert product == pytest.approx(by_key["fuel_emission", fuel, "CN guideline"], rel=5e-5)


def test_a_factor_says_where_it_is_used() -> None:
    margin = carbon.factor("grid_operating_margin", on=TODAY)
    compliance = carbon.factor("grid_compliance", on=TODAY)

    assert {"cdm-ams-i-d", "cdm-acm0002"} <= {method.id for method in carbon.uses(margin)}
    assert carbon.uses(compliance) == ()


def test_ladder_of_a_province_leads_to_its_grid_and_the_country() -> None:
    assert ladder("CN-BJ") == ("CN-BJ", "CN-north", "CN", "global")
    assert ladder("CN-CQ") == ("CN-CQ", "CN-southwest", "CN-central", "CN", "global")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tCO2/MWh", "tCO2/kWh"), "unknown unit"),
        (("official,medium", "certain,medium"), "status"),
        ((",2021-01-01,", ",2021-13-01,"), "month"),
        (("0.5568", "about half"), "factors.csv"),
    ],
)
def test_a_faulty_row_is_refused_with_its_line(
    change: tuple[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()[:2]
    path = tmp_path / "factors.csv"
    path.write_text("\n".join([lines[0], lines[1].replace(*change, 1)]), encoding="utf-8")
    module = importlib.import_module("scoring.carbon.factors")
    monkeypatch.setattr(module, "FILE", path)

    with pytest.raises(InvalidData, match=message) as refused:
        carbon.factors.__wrapped__()  # type: ignore[attr-defined]  # past the cache

    assert refused.value.line == 2
