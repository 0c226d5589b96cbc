"""Methods: the catalogue is complete, and a faulty file is refused with its line."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scoring import carbon, catalogue, taxonomy
from scoring.carbon.loading import load
from scoring.carbon.methods import FOLDER, editions
from scoring.errors import InvalidData, InvalidFacts, UnknownEdition

TODAY = date(2026, 11, 1)
BOOK = {
    "cdm-acm0002",
    "cdm-ams-i-d",
    "ccer-cm-001",
    "ccer-01-001",
    "ccer-01-002",
    "cdm-tool07",
    "beijing-dpv-behind-meter",
    "cdm-ams-i-f",
    "ess",
    "cdm-acm0006",
    "cdm-acm0022",
    "cdm-tool04",
    "cdm-acm0001",
    "cdm-ams-iii-g",
    "cdm-am0124",
    "building-retrofit",
    "heat-pump",
    "cdm-acm0012",
    "fuel-switch",
    "cdm-ams-ii-c",
    "cdm-ams-ii-d",
    "cdm-ams-ii-j",
    "cdm-ams-iii-c",
    "vcs-vm0038",
    "h2-vehicle",
    "cdm-acm0016",
    "cdm-am0031",
    "data-centre",
    "ccus",
    "ccer-14-001",
    "cdm-ar-acm0003",
    "wetland",
    "cdm-ams-iii-d",
    "cdm-acm0010",
    "cdm-acm0014",
    "cdm-ams-iii-h",
    "recycling",
    "cdm-ams-iii-aj",
    "cdm-acm0005",
    "refrigerant",
    "green-power",
    "ifi-harmonised",
    "pcaf",
    "adaptation",
}
MINIMAL = """
id: test
version: "1"
title: {zh: 试, en: Test}
method_class: own
status: proposed
confidence: low
basis: {issuer: a, title: b}
effective: {from: 2020-01-01, to: null}
categories: [M2.1]
applicability: {zh: 试, en: Test}
life: 10
result: reduction
inputs:
  - {key: net_generation, kind: number, unit: MWh/a, label: {zh: 电, en: E}, min: 0, max: 9, uncertainty: 0.1}
  - {key: ef, kind: number, unit: tCO2/MWh, label: {zh: 因子, en: Factor}, min: 0, max: 2}
steps:
  - {key: reduction, equation: displaced, unit: tCO2e/a, label: {zh: 减排, en: Reduction}}
"""


def test_every_entry_of_the_method_book_is_a_file() -> None:
    assert editions().keys() >= BOOK


def test_methods_are_complete_in_both_languages() -> None:
    for method in carbon.methods().values():
        assert method.title.zh
        assert method.title.en
        assert method.warnings
        assert method.basis.title
        assert method.categories
        for spec in method.inputs:
            assert spec.label.zh
            assert spec.label.en
            assert spec.section == "benefit"
            if spec.is_numeric:
                assert spec.minimum is not None, (method.id, spec.key)
                assert spec.maximum is not None, (method.id, spec.key)
            if spec.plausible is not None and spec.key not in ("area",):
                assert spec.key in method.range_sources, (method.id, spec.key)


def test_every_active_category_has_a_method() -> None:
    covered = {code for method in carbon.methods().values() for code in method.categories}
    wanted = {code for code, category in taxonomy.categories().items() if category.active}

    assert wanted - covered == set()


def test_every_quantified_method_says_what_it_needs() -> None:
    for method in carbon.methods().values():
        found = carbon.estimate(method.id, {}, on=TODAY)
        assert isinstance(found, carbon.Insufficient)
        assert bool(found.missing) is method.quantified


def test_needed_inputs_are_the_ones_without_which_nothing_is_computed() -> None:
    for method in carbon.methods().values():
        if not method.quantified:
            continue
        found = carbon.estimate(method.id, {}, on=TODAY)
        assert isinstance(found, carbon.Insufficient)
        needed = {spec.key for spec in method.inputs if spec.needed}
        assert needed <= found.missing.keys(), method.id


def test_every_bound_is_enforced() -> None:
    for method in carbon.methods().values():
        for spec in method.inputs:
            if spec.is_numeric and spec.maximum is not None:
                beyond = Decimal(spec.maximum) * 2 + 1
                with pytest.raises(InvalidFacts) as refused:
                    carbon.estimate(method.id, {spec.key: beyond}, on=TODAY)
                assert spec.key in refused.value.messages


def test_version_and_day_choose_the_edition() -> None:
    assert carbon.method("cdm-ams-i-d").version == "18.0"
    assert carbon.method("cdm-ams-i-d", "18.0").id == "cdm-ams-i-d"
    with pytest.raises(UnknownEdition):
        carbon.method("cdm-ams-i-d", "1.0")
    with pytest.raises(UnknownEdition):
        carbon.method("ccer-14-001", on=date(2023, 1, 1))


def test_minimal_file_loads() -> None:
    method = load(catalogue.parse(MINIMAL, name="test.yaml"), "hash")

    assert method.quantified
    assert method.unit_of("reduction").symbol == "tCO2e/a"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("unit: tCO2/MWh", "unit: tCO2/GJ"), "gives"),
        (("unit: tCO2e/a,", "unit: 万tCO2e/a,"), "gives"),
        (("unit: tCO2/MWh", "unit: tCO2/tce"), "gives"),
        (("equation: displaced", "equation: displaces"), "unknown equation"),
        (("key: ef,", "key: ef_el,"), "needs “ef”"),
        (("result: reduction", "result: reductions"), "which no step computes"),
        (("categories: [M2.1]", "categories: [Z9]"), "unknown category"),
        (("status: proposed", "status: sure"), "allowed"),
        (("life: 10", "life: 10\nlives: 9"), "unknown key"),
        (("uncertainty: 0.1", "uncertainty: 10"), "relative half-width"),
        (("life: 10", "life: 10\ngrid: [ef_x]"), "unknown quantity"),
        (
            ("max: 2}", "max: 2, default: {kind: grid_fossil, value: 1}}"),
            "a default is one of",
        ),
        (("label: {zh: 减排, en: Reduction}", "with: {power: ef}"), "has no “power”"),
    ],
)
def test_faulty_file_is_refused_with_its_line(change: tuple[str, str], message: str) -> None:
    assert change[0] in MINIMAL

    with pytest.raises(InvalidData, match=message) as refused:
        load(catalogue.parse(MINIMAL.replace(*change), name="test.yaml"), "hash")

    assert refused.value.line > 1


def test_file_names_are_the_ids() -> None:
    assert {path.stem for path in Path(FOLDER).glob("*.yaml")} == set(editions())
