"""A release for download: CSV, JSON and SDMX-CSV, all from the same published values."""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from scoring.index import tables
from scoring.index.period import sdmx
from scoring.index.refusal import Refused
from scoring.index.release import Release
from scoring.words import Words

FORMATS = ("csv", "csv-bom", "json", "sdmx-csv")
COLUMNS = (
    "period", "unit", "unit_name_zh", "unit_name_en", "node", "node_name_zh", "node_name_en", "level",
    "level_exact", "momentum", "lower", "upper", "rank", "rank_lower", "rank_upper", "status", "flags",
    "release",
)  # fmt: skip
SDMX_COLUMNS = (
    "STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "REF_AREA", "INDICATOR", "MEASURE", "TIME_PERIOD",
    "OBS_VALUE", "OBS_STATUS", "UNIT_MEASURE", "BASE_PER", "LAST_UPDATE",
)  # fmt: skip


def export(release: Release, kind: str) -> bytes:
    """The release's values as bytes: “csv”, “csv-bom” (for spreadsheets), “json” or “sdmx-csv”.

    `level` is rounded once, half to even, to the decimals of the method; `level_exact` has 12 digits.
    Raises Refused for another format.
    """
    if kind == "csv":
        return tables.write(COLUMNS, [tuple(row.values()) for row in _rows(release)])
    if kind == "csv-bom":
        return b"\xef\xbb\xbf" + export(release, "csv")
    if kind == "json":
        return _json(release)
    if kind == "sdmx-csv":
        return _sdmx(release)
    raise Refused(
        "format", Words(f"格式应为 {', '.join(FORMATS)}", f"the format must be one of {', '.join(FORMATS)}")
    )


def rounded(x: float | None, decimals: int) -> Decimal | None:
    """x as published: half to even at that many decimals."""
    if x is None:
        return None
    return Decimal(repr(x)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN) + 0  # no −0.0


def _rows(release: Release) -> list[dict[str, Any]]:
    decimals = release.method.rules.decimals
    rows = []
    for value in release.values:
        unit, node = release.method.unit_titles[value.unit], release.method.nodes[value.node].title
        rows.append(
            {
                "period": value.period,
                "unit": value.unit,
                "unit_name_zh": unit.zh,
                "unit_name_en": unit.en,
                "node": value.node,
                "node_name_zh": node.zh,
                "node_name_en": node.en,
                "level": rounded(value.level, decimals),
                "level_exact": value.level,
                "momentum": rounded(value.momentum, 0),
                "lower": rounded(value.lower, decimals),
                "upper": rounded(value.upper, decimals),
                "rank": value.rank,
                "rank_lower": value.rank_lower,
                "rank_upper": value.rank_upper,
                "status": value.status,
                "flags": value.flags,
                "release": release.label,
            }
        )
    return rows


def _json(release: Release) -> bytes:
    rows = [
        {key: float(x) if isinstance(x, Decimal) else x for key, x in row.items()} for row in _rows(release)
    ]
    document = {
        "release": {
            "label": release.label,
            "on": release.on.isoformat(),
            "state": release.state,
            "content_hash": release.content_hash,
            "method_hash": release.method.hash,
        },
        "method": release.method.document,
        "values": rows,
        "standings": list(release.standings),
        "contributions": list(release.contributions),
    }
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _sdmx(release: Release) -> bytes:
    """SDMX-CSV 2.0, one observation a line; MEASURE tells level, its band and momentum apart."""
    rules, method = release.method.rules, release.method
    structure = f"TONGZHOU:INDEX_{method.id.upper()}({method.version})"
    level_unit = f"SCORE_{rules.lower:g}_{rules.upper:g}"
    rows = []
    for value in release.values:
        measures: list[tuple[str, float | None, str, str]] = [("LEVEL", value.level, level_unit, "")]
        if value.lower is not None:
            measures += [
                ("LEVEL_P05", value.lower, level_unit, ""),
                ("LEVEL_P95", value.upper, level_unit, ""),
            ]
        if value.momentum is not None:
            measures.append(
                ("MOMENTUM", value.momentum, f"IX_{rules.momentum_base:g}", sdmx(rules.momentum_from))
            )
        for measure, x, unit, base in measures:
            status = "M" if x is None else value.status
            place = ("dataflow", structure, "I", "Q", value.unit, value.node, measure, sdmx(value.period))
            rows.append((*place, x, status, unit, base, release.on.isoformat()))
    return tables.write(SDMX_COLUMNS, rows)
