"""A release is computed again to the byte, in any place; anything changed is seen."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from scoring import index
from scoring.index import Approval, Method, Panel, Refused, Release
from scoring.index import release as releases

ON = date(2026, 10, 20)


@pytest.fixture(scope="module")
def frozen(method: Method, panel: Panel) -> Release:
    approvals = [Approval("王芳", date(2026, 10, 19)), Approval("李强", ON)]
    return index.freeze(method, panel, label="2026Q3", on=ON, approvals=approvals, replicates=100)


def changed(archive: bytes, name: str, old: bytes, new: bytes, *, sums: bool = False) -> bytes:
    """The archive with one file changed, its checksums made to fit if asked."""
    with zipfile.ZipFile(io.BytesIO(archive)) as bundle:
        files = {entry: bundle.read(entry) for entry in bundle.namelist()}
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    if sums:
        head = json.loads(files["release.json"])
        head["content_hash"] = releases.hash_of(files, head["engine"])
        files["release.json"] = (
            json.dumps(head, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        ).encode()
        files["SHA256SUMS"] = releases.sums_of(files, (*releases.CONTENT, "release.json"))
    return releases.pack(files)


def test_freezing_twice_gives_the_same_bytes(method: Method, panel: Panel, frozen: Release) -> None:
    rows = [tuple(cell) for cell in reversed(panel.cells)]  # another order, the same panel

    again = index.freeze(
        method,
        Panel.from_rows(rows),
        label="2026Q3",
        on=ON,
        approvals=reversed(frozen.approvals),
        replicates=100,
    )

    assert again.archive == frozen.archive
    assert again.digest == frozen.digest


def test_verify_computes_again_to_the_byte(frozen: Release) -> None:
    verdict = index.verify(frozen.archive, content_hash=frozen.content_hash)

    assert verdict.code == 0
    assert verdict.reasons[0].en == "the same to the byte"


def test_replay_in_another_folder_locale_and_time_zone(frozen: Release, tmp_path: Path) -> None:
    (tmp_path / "release.zip").write_bytes(frozen.archive)
    program = (
        "import pathlib, sys; from scoring import index; raw = pathlib.Path('release.zip').read_bytes();"
        "verdict = index.verify(raw); print(verdict.code, verdict.reasons[0].en)"
    )
    root = str(Path(index.__file__).parents[2])
    environment = {
        **os.environ,
        "PYTHONPATH": root,
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
    }

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "0 the same to the byte\n"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("panel.csv", b"SUP1,", b"SUP1,1"),
        ("method.json", b'"target": 200', b'"target": 201'),
        ("values.csv", b"110112,2026Q3,INDEX,index,", b"110112,2026Q3,INDEX,index,1"),
        ("contributions.csv", b"value,", b"value,-"),
        ("release.json", b'"2026Q3"', b'"2026Q4"'),
        ("release.json", "王芳".encode(), "王方".encode()),
    ],
)
def test_a_changed_file_is_a_mismatch(frozen: Release, name: str, old: bytes, new: bytes) -> None:
    assert index.verify(changed(frozen.archive, name, old, new)).code == 1


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("method.json", b'"target": 200', b'"target": 201'),
        ("values.csv", b"110112,2026Q3,INDEX,index,", b"110112,2026Q3,INDEX,index,1"),
        ("contributions.csv", b"value,", b"value,-"),
        ("standings.csv", b"yes", b"no"),
    ],
)
def test_fitting_checksums_do_not_hide_a_changed_result(
    frozen: Release, name: str, old: bytes, new: bytes
) -> None:
    forged = changed(frozen.archive, name, old, new, sums=True)

    verdict = index.verify(forged)

    assert verdict.code == 1
    assert "computed again" in verdict.reasons[0].en


def test_any_flipped_byte_is_seen(frozen: Release) -> None:
    for place in range(0, len(frozen.archive), len(frozen.archive) // 97):
        bytes_ = bytearray(frozen.archive)
        bytes_[place] ^= 1
        assert index.verify(bytes(bytes_)).code in (1, 2), place


def test_another_release_than_the_published_one_is_a_mismatch(frozen: Release) -> None:
    assert index.verify(frozen.archive, content_hash="0" * 64).code == 1


def test_another_engine_is_a_mismatch(frozen: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "ENGINE", "2")

    verdict = index.verify(frozen.archive)

    assert verdict.code == 1
    assert "engine 1" in " ".join(reason.en for reason in verdict.reasons)


def test_last_digits_of_another_machine_are_within_tolerance(frozen: Release) -> None:
    with zipfile.ZipFile(io.BytesIO(frozen.archive)) as bundle:
        line = next(
            row for row in bundle.read("values.csv").decode().splitlines() if "110112,2026Q3,INDEX" in row
        )
    level = line.split(",")[4]
    nudged = f"{float(level) * (1 + 3e-12):.12g}"
    assert nudged != level

    verdict = index.verify(changed(frozen.archive, "values.csv", level.encode(), nudged.encode(), sums=True))

    assert verdict.code == 0
    assert "within 1e-9" in verdict.reasons[0].en


def test_what_cannot_be_read_cannot_be_verified(frozen: Release) -> None:
    with zipfile.ZipFile(io.BytesIO(frozen.archive)) as bundle:
        without = {name: bundle.read(name) for name in bundle.namelist() if name != "panel.csv"}
    for archive in (
        b"",
        b"not an archive",
        frozen.archive[: len(frozen.archive) // 2],
        releases.pack(without),
    ):
        verdict = index.verify(archive)
        assert verdict.code == 2
        assert verdict.reasons


def test_a_release_needs_two_persons(method: Method, panel: Panel) -> None:
    one = Approval("王芳", ON)
    for given in ([], [one], [one, one], [one, Approval(" 王芳 ", ON)], [one, Approval(" ", ON)]):
        with pytest.raises(Refused, match="2 persons must approve"):
            index.freeze(method, panel, label="2026Q3", on=ON, approvals=given, replicates=0)


def test_an_approval_of_something_else_is_refused(method: Method, panel: Panel) -> None:
    seen = index.preview(method, panel, label="2026Q3", on=ON, replicates=0)
    good = [Approval(name, ON, seen.content_hash) for name in ("王芳", "李强")]

    assert (
        index.freeze(method, panel, label="2026Q3", on=ON, approvals=good, replicates=0).state == "published"
    )
    for bad in (Approval("赵敏", ON, "0" * 64), Approval("赵敏", date(2026, 10, 21))):
        with pytest.raises(Refused):
            index.freeze(method, panel, label="2026Q3", on=ON, approvals=[good[0], bad], replicates=0)


def test_a_published_archive_stripped_of_an_approval_is_a_mismatch(frozen: Release) -> None:
    forged = changed(frozen.archive, "release.json", '"王芳"'.encode(), '"李强"'.encode(), sums=True)

    verdict = index.verify(forged)

    assert verdict.code == 1
    assert "2 persons" in verdict.reasons[0].en


def test_a_preview_verifies_but_is_not_published(method: Method, panel: Panel) -> None:
    seen = index.preview(method, panel, label="2026Q3", on=ON, replicates=0)

    assert seen.state == "preview"
    assert index.verify(seen.archive).code == 0


def test_nothing_to_publish_is_refused(method: Method, approvals: list[Approval]) -> None:
    with pytest.raises(Refused, match="no value may be published"):
        index.freeze(
            method,
            Panel.from_rows([("110112", "2026Q1", "SUP1", 100)]),
            label="2026Q1",
            on=ON,
            approvals=approvals,
            replicates=0,
        )


def test_a_withheld_quarter_shows_no_level_anywhere(
    method: Method, panel: Panel, approvals: list[Approval]
) -> None:
    kept = Panel(
        c
        for c in panel.cells
        if not (c.unit == "110112" and c.period == "2026Q3" and c.leaf.startswith("MKT"))
    )
    kept = Panel(
        c
        for c in kept.cells
        if not (c.unit == "110112" and c.period == "2026Q2" and c.leaf.startswith("MKT"))
    )

    found = index.freeze(method, kept, label="2026Q3", on=ON, approvals=approvals, replicates=20)

    withheld = [value for value in found.values if value.unit == "110112" and value.period == "2026Q3"]
    assert withheld
    assert all(v.level is v.momentum is v.lower is v.rank is None and "withheld" in v.flags for v in withheld)
    assert any(value.level is not None for value in found.values)
    reasons = {(row["unit"], row["period"]): row["reasons_en"] for row in found.standings}
    assert "too little data" in reasons["110112", "2026Q3"]


def test_reading_gives_back_what_was_frozen(frozen: Release) -> None:
    assert index.read(frozen.archive) == frozen


def test_diff_names_the_input_behind_a_revision(method: Method, panel: Panel, frozen: Release) -> None:
    cells = [
        c._replace(value=c.value + 1) if c[:3] == ("110112", "2026Q2", "SUP1") and c.value else c
        for c in panel.cells
    ]
    later = index.freeze(
        method, Panel(cells), label="2026Q3-2", on=ON, approvals=frozen.approvals, replicates=0
    )

    found = index.diff(frozen, later)

    assert [(change.unit, change.period, change.leaf) for change in found.inputs] == [
        ("110112", "2026Q2", "SUP1")
    ]
    assert {(r.unit, r.period, r.node) for r in found.values} == {
        ("110112", "2026Q2", n) for n in ("SUP1", "SUP", "INDEX")
    }
    assert {revision.cause for revision in found.values} == {"data"}
    assert not found.method


def test_a_new_quarter_is_not_a_revision(method: Method, panel: Panel, frozen: Release) -> None:
    before = index.freeze(
        method, panel.until("2026Q2"), label="2026Q2", on=ON, approvals=frozen.approvals, replicates=0
    )

    found = index.diff(before, frozen)

    assert found.added_periods == ("2026Q3",)
    assert found.values == ()


def test_diff_of_methods_gives_the_path(method: Method, frozen: Release, tmp_path: Path) -> None:
    text = Path(index.__file__).parents[1] / "data/index/subcentre-2026.1.yaml"
    path = tmp_path / "m.yaml"
    path.write_text(
        text.read_text(encoding="utf-8").replace("target: 200", "target: 250", 1), encoding="utf-8"
    )
    later = index.freeze(
        index.read_method(path), frozen.panel, label="x", on=ON, approvals=frozen.approvals, replicates=0
    )

    found = index.diff(frozen, later)

    assert [(change.path, change.old, change.new) for change in found.method] == [
        ("/tree/children/SUP/children/SUP1/target", "200", "250")
    ]
    assert {revision.cause for revision in found.values} == {"method"}


def test_csv_is_rounded_once_and_keeps_the_exact_level(frozen: Release) -> None:
    lines = index.export(frozen, "csv").decode().splitlines()

    head, row = (
        lines[0].split(","),
        next(line for line in lines if line.startswith("2026Q3,110112,")).split(","),
    )
    found = dict(zip(head, row, strict=True))
    assert found["unit_name_zh"] == "通州区"
    assert found["level"] == str(index.rounded(float(found["level_exact"]), 1))
    assert float(found["lower"]) <= float(found["level"]) <= float(found["upper"])
    assert index.export(frozen, "csv-bom") == b"\xef\xbb\xbf" + index.export(frozen, "csv")


def test_json_holds_the_method_and_the_hash(frozen: Release) -> None:
    document = json.loads(index.export(frozen, "json"))

    assert document["release"]["content_hash"] == frozen.content_hash
    assert document["method"]["id"] == "subcentre"
    assert len(document["values"]) == len(frozen.values)


def test_sdmx_csv_has_one_observation_a_line(frozen: Release) -> None:
    lines = index.export(frozen, "sdmx-csv").decode().splitlines()

    assert lines[0].startswith(
        "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,MEASURE,TIME_PERIOD,OBS_VALUE,OBS_STATUS"
    )
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert (row["FREQ"], row["REF_AREA"], row["TIME_PERIOD"], row["OBS_STATUS"]) == (
        "Q",
        "110112",
        "2026-Q1",
        "A",
    )
    assert {line.split(",")[6] for line in lines[1:]} == {"LEVEL", "LEVEL_P05", "LEVEL_P95", "MOMENTUM"}


def test_an_unknown_format_is_refused(frozen: Release) -> None:
    with pytest.raises(Refused, match="csv, csv-bom, json, sdmx-csv"):
        index.export(frozen, "xlsx")


@pytest.mark.parametrize(("x", "expected"), [(0.25, "0.2"), (0.35, "0.4"), (48.05, "48.0"), (-0.04, "0.0")])
def test_rounding_is_half_to_even_of_the_shortest_number(x: float, expected: str) -> None:
    assert str(index.rounded(x, 1)) == expected


def test_results_do_not_change_without_a_new_engine_number(method: Method, panel: Panel) -> None:
    seen = index.preview(method, panel, label="2026Q3", on=ON, replicates=0)
    with zipfile.ZipFile(io.BytesIO(seen.archive)) as bundle:
        tables = bundle.read("values.csv") + bundle.read("contributions.csv") + bundle.read("standings.csv")

    # When this fails and the change is meant, raise ENGINE: older archives then say which engine they need.
    assert (releases.ENGINE, hashlib.sha256(tables).hexdigest()[:16]) == ("1", "2517f0e198d46370")


def test_an_archive_that_unpacks_without_end_is_not_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in (*releases.CONTENT, "release.json", "SHA256SUMS"):
            bundle.writestr(name, bytes(20_000_000))

    verdict = index.verify(out.getvalue())

    assert verdict.code == 2
    assert "more than 100,000,000 bytes" in verdict.reasons[0].en


def test_a_file_smuggled_into_the_archive_is_a_mismatch(frozen: Release) -> None:
    with zipfile.ZipFile(io.BytesIO(frozen.archive)) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}

    assert index.verify(releases.pack({**files, "zz.txt": b"hello"})).code == 1
