"""The slips met in claimed reductions, read from `data/claim_errors.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from scoring import catalogue
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Slip:
    """A usual slip: which inputs it changes, and to what."""

    id: str
    label: Words
    changes: Mapping[str, Any]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimErrors:
    """The slips, the values they may name, coefficients and scales to try."""

    slips: tuple[Slip, ...]
    values: Mapping[str, tuple[str, str | None, str | None]]
    tce_coefficients: tuple[float, ...]
    gwp: tuple[float, ...]
    scales: tuple[tuple[str, float, Words], ...]


@cache
def errors() -> ClaimErrors:
    """The usual slips, from `data/claim_errors.yaml`; raises InvalidData."""
    file = catalogue.load(catalogue.DATA / "claim_errors.yaml")
    for key in ("id", "version", "basis"):
        file[key]
    slips = []
    for entry in file.records("slips"):
        changes = entry.record("set")
        slips.append(
            Slip(
                entry.text("id"),
                entry.words("say"),
                {
                    key: changes[key] if isinstance(changes[key], str) else float(changes[key])
                    for key in changes
                },
                entry.texts("methods"),
            )
        )
        entry.done()
    values = {}
    table = file.record("values")
    for key in table:
        record = table.record(key)
        values[key] = (record.text("kind"), record.find_text("substance"), record.find_text("times"))
        record.done()
    scales = []
    for entry in file.records("scale"):
        scales.append(
            (entry.text("id"), float(entry.number("times")), Words(entry.text("zh"), entry.text("en")))
        )
        entry.done()
    found = ClaimErrors(
        tuple(slips),
        values,
        tuple(float(item) for item in file.items_of("tce_coefficients")),
        tuple(float(item) for item in file.items_of("gwp")),
        tuple(scales),
    )
    file.done()
    return found
