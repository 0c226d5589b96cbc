"""Certificates and workbooks: seconds a document and cells a second."""

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import openpyxl

from registry.reports.certificate import CertificateData, FactorUsed, Interval, certificate_pdf
from registry.reports.table import TableColumn, table_workbook
from registry.reports.workbook import read_workbook
from scoring.facts import dictionary
from scoring.words import Words
from tests.bench import Measurement, best_seconds

ROWS = 2_000
CERTIFICATE = CertificateData(
    number="TZ-CF-2026-0031",
    project_name="示例物流园 30 MWp 屋顶分布式光伏",
    applicant="北京示例潞光新能源有限公司",
    category=Words("减缓 M2.1 可再生能源利用", "Mitigation M2.1 Renewable energy"),
    township=Words("台湖镇", "Taihu Town"),
    tier=Words("实施库", "Implementation"),
    grade=Words("深绿", "Deep green"),
    score=Decimal("80.6"),
    criteria_edition=Words("《入库标准》2026 版", "Entry standard, 2026 edition"),
    method=Words("可再生能源并网发电", "Grid-connected renewable electricity"),
    annual=Interval(Decimal(16900), Decimal(18700), Decimal(20400)),
    lifetime=Interval(Decimal(271000), Decimal(299000), Decimal(327000)),
    lifetime_years=Decimal(25),
    factors=(FactorUsed(Words("电网排放因子", "Grid factor"), "0.5580 tCO₂/MWh", 2022, "生态环境部公告"),),
    listed_on=date(2026, 8, 21),
    verification_url="https://registry.example/verify/TZ-CF-2026-0031",
    check_code="K7QM-2F9D",
    content_hash="5be091c7d41f0c7e" * 4,
)


def run() -> Iterator[Measurement]:
    pdf = certificate_pdf(CERTIFICATE)
    yield Measurement("certificate, 2 pages", len(pdf) / 1000, "kB")
    seconds = best_seconds(lambda: certificate_pdf(CERTIFICATE))
    yield Measurement("certificate, 2 pages", seconds, "s")
    specs = [spec for spec in dictionary().values() if spec.kind in ("money", "number", "text")]
    columns = [TableColumn(spec.key, spec.label) for spec in specs]
    values = {spec.key: "示例" if spec.kind == "text" else (spec.minimum or 1) for spec in specs}
    title = Words("项目", "Projects")
    made_on = date(2026, 1, 1)

    def write() -> bytes:
        return table_workbook(title=title, columns=columns, rows=[values] * ROWS, made_on=made_on)

    data = write()
    cells = ROWS * len(specs)
    yield Measurement("table written", cells / best_seconds(write, repeat=2), "cells/s")
    ours = best_seconds(lambda: read_workbook(data, dictionary()), repeat=2)
    theirs = best_seconds(lambda: _read_plainly(data), repeat=2)
    yield Measurement("workbook read and checked", cells / ours, "cells/s")
    yield Measurement(
        "time against reading alone", ours / theirs, "×", "≤ 2", "openpyxl read_only", ours <= 2 * theirs
    )


def _read_plainly(data: bytes) -> int:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    return sum(len(row) for row in book.worksheets[0].iter_rows(values_only=True))
