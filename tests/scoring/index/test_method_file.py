"""The method file: what it declares, and what it refuses to load."""

from datetime import date
from pathlib import Path

import pytest

from scoring import index, places
from scoring.catalogue import DATA
from scoring.errors import InvalidData, UnknownEdition
from scoring.index import Method
from scoring.index.reading import method_of_json

FILE = DATA / "index" / "subcentre-2026.1.yaml"


def load(tmp_path: Path, *changes: tuple[str, str]) -> Method:
    text = FILE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "method.yaml"
    path.write_text(text, encoding="utf-8")
    return index.read_method(path)


def test_five_dimensions_and_their_weights(method: Method) -> None:
    assert [(node.id, node.weight) for node in method.dimensions] == [
        ("SUP", 20),
        ("FIN", 30),
        ("CLI", 25),
        ("GOV", 15),
        ("MKT", 10),
    ]
    assert sum(leaf.weight for leaf in method.leaves.values()) == 100


def test_units_are_the_district_its_townships_and_the_pilots(method: Method) -> None:
    scales = {scale.id: scale.units for scale in method.scales}

    assert scales["district"] == {places.district().code: places.district().label}
    assert scales["township"] == {code: place.label for code, place in places.townships().items()}
    assert len(scales["pilot"]) == 23


def test_an_indicator_of_the_district_alone_is_outside_the_township_tree(method: Method) -> None:
    assert "SUP1" in {leaf.id for leaf in method.trees["district"].leaves}
    assert "SUP1" not in {leaf.id for leaf in method.trees["township"].leaves}
    assert "MKT" not in {node.id for node in method.trees["township"].walk()}


def test_every_text_has_both_languages_and_every_number_a_basis(method: Method) -> None:
    for node in method.tree.walk():
        assert node.title.zh
        assert node.title.en
    for leaf in method.leaves.values():
        assert set(leaf.basis) <= method.basis.keys()
        assert leaf.owner.zh
        assert leaf.owner.en
        official = any(method.basis[name].status == "official" for name in leaf.basis)
        assert leaf.status != "official" or official  # a proposed number never looks official


def test_canonical_json_is_the_same_method(method: Method) -> None:
    again = method_of_json(method.canonical)

    assert again == method
    assert again.canonical == method.canonical
    assert again.hash == method.hash


def test_editions_are_found_by_name_and_date(method: Method) -> None:
    assert method in index.methods()
    assert index.method_on("subcentre", date(2026, 6, 1)) == method
    with pytest.raises(UnknownEdition):
        index.method_on("subcentre", date(2025, 12, 31))
    with pytest.raises(UnknownEdition):
        index.load_method("subcentre", version="1999.1")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "weight: 4\n          direction: up\n          floor: 20",
            "weight: 5\n          direction: up\n          floor: 20",
            "add up to 21, not 20",
        ),
        ("weight: 20\n", "weight: 21\n", "add up to"),
        (
            "floor: 20\n          target: 200",
            "floor: 200\n          target: 200",
            "floor and target are equal",
        ),
        (
            "floor: 20\n          target: 200",
            "floor: 200\n          target: 20",
            "target must lie above the floor",
        ),
        (
            "floor: 240\n          target: 60",
            "floor: 60\n          target: 240",
            "target must lie below the floor",
        ),
        ("tolerance: 0.1", "tolerance: 0.6", "tolerance must be smaller"),
        ("mean: arithmetic\n", "mean: arithmetic\n      direction: down\n", "unknown key “direction”"),
        ("mean: arithmetic\n", "mean: average\n", "“mean” is “average”"),
        ("mean: arithmetic\n", "mean: power\n", "“power” belongs to mean: power"),
        ('present: "2/3"', 'present: "4/3"', "between 0 and 1"),
        ("from: 2025Q1", "from: 2025-01", "is not a quarter"),
        ("basis: [V1]", "basis: [V9]", "unknown basis “V9”"),
        ("basis: [V1]", "basis: []", "no basis"),
        ("scales: [district]", "scales: [county]", "unknown scale “county”"),
        ("- id: SUP2", "- id: SUP1", "stands twice"),
        ('code: "110112002"', 'code: "110112001"', "duplicate unit"),
        ("code: PILOT-01", 'code: "110112001"', "stands in two scales"),
        ("lower: 1, upper: 100", "lower: 100, upper: 100", "must be below"),
        ("leaves: [CLI5]", "leaves: [CLI9]", "unknown indicator “CLI9”"),
        (
            "status: proposed\n          confidence",
            "status: certain\n          confidence",
            "“status” is “certain”",
        ),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidData, match=message) as caught:
        load(tmp_path, (old, new))

    assert caught.value.line > 1


def test_a_changed_number_changes_the_hash(tmp_path: Path, method: Method) -> None:
    assert load(tmp_path).hash == method.hash
    assert load(tmp_path, ("target: 200", "target: 201")).hash != method.hash


def test_canonical_json_refuses_a_key_twice() -> None:
    with pytest.raises(InvalidData, match="duplicate key"):
        method_of_json(b'{"id": "a", "id": "b"}')
