"""Which field a column header means: its key, or its label in either language, with or without the unit."""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from scoring.facts import FactSpec
from scoring.units import Unit, units
from scoring.words import Words

_BRACKETED = re.compile(r"(.+)\(([^()]*)\)\Z")


@dataclass(frozen=True, slots=True)
class Headers:
    """The names of the fields of one dictionary; `of` builds it."""

    names: Mapping[str, FactSpec]

    @classmethod
    def of(cls, dictionary: Mapping[str, FactSpec]) -> "Headers":
        names: dict[str, FactSpec] = {}
        for spec in dictionary.values():
            for name in (spec.key, spec.label.zh, spec.label.en):
                names.setdefault(_plain(name), spec)
        return cls(names)

    def find(self, header: str) -> FactSpec | None:
        """The field that a header names, whatever unit it states."""
        plain = _plain(header)
        match = _BRACKETED.match(plain)
        return self.names.get(plain) or (self.names.get(match[1]) if match else None)

    def fault(self, header: str) -> Words | None:
        """What is wrong with a header: another unit than the field's, or nearly a known name."""
        plain = _plain(header)
        spec = self.find(header)
        if spec is None:
            return self._nearly(plain)
        match = _BRACKETED.match(plain)
        if plain in self.names or match is None or spec.unit is None:
            return None
        stated = _unit(match[2])
        if stated is None or stated.comparable(spec.unit):
            return None
        return Words(
            f"列名的单位是“{stated.label.zh}”，本字段以“{spec.unit.label.zh}”填写；请换算数值并改列名",
            f"the header says {stated.label.en}, this field is stated in {spec.unit.label.en}; convert the "
            "figures and rename the column",
        )

    def _nearly(self, plain: str) -> Words | None:
        close = difflib.get_close_matches(plain, self.names, n=1, cutoff=0.75)
        if not close:
            return None
        label = self.names[close[0]].label
        return Words(
            f"不是已知字段，是否指“{label.zh}”？请改正列名；不需要此列时请删去",
            f"is not a known field; did you mean “{label.en}”? Rename the column, or delete it if not needed",
        )


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\s|\*", "", folded)


def _unit(text: str) -> Unit | None:
    for unit in units().values():
        if text and text in (_plain(unit.symbol), _plain(unit.label.zh), _plain(unit.label.en)):
            return unit
    return None
