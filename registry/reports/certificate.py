"""The certificate of a registry entry, made from values frozen when the project was listed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import segno
from babel.dates import format_date
from markupsafe import Markup

from registry.charts.figures import significant
from registry.charts.interval import interval
from registry.reports.document import render_pdf, templates
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Interval:
    """A quantity with its uncertainty: exceeded with 90 %, 50 % and 10 % probability."""

    p10: Decimal
    p50: Decimal
    p90: Decimal


@dataclass(frozen=True, slots=True)
class FactorUsed:
    """One factor behind the benefit: what it is, its value with unit, its year and who published it."""

    name: Words
    value: str
    year: int | None
    source: str


@dataclass(frozen=True, slots=True)
class CertificateData:
    """Everything the certificate says. An adaptation project has no tonnes: annual and lifetime are None."""

    number: str
    project_name: str
    applicant: str
    category: Words
    township: Words | None
    tier: Words
    grade: Words
    score: Decimal
    criteria_edition: Words
    method: Words | None
    annual: Interval | None
    lifetime: Interval | None
    lifetime_years: Decimal | None
    factors: tuple[FactorUsed, ...]
    listed_on: date
    verification_url: str
    check_code: str
    content_hash: str
    is_demo: bool = False


def certificate_html(data: CertificateData) -> str:
    """The body of the certificate, for the PDF and for a preview."""
    return (
        templates()
        .get_template("certificate.html")
        .render(
            data=data,
            qr=qr_address(data.verification_url),
            bar=None if data.annual is None else _bar(data.annual),
            tonnes=significant,
            day_zh=f"{data.listed_on.year} 年 {data.listed_on.month} 月 {data.listed_on.day} 日",
            day_en=format_date(data.listed_on, "d MMMM y", locale="en"),
        )
    )


def certificate_pdf(data: CertificateData) -> bytes:
    """The certificate as an archival PDF; the same data give the same bytes."""
    return render_pdf(certificate_html(data), title=f"气候投融资项目入库证书 {data.number}")


def qr_address(url: str) -> str:
    """A QR code of `url` as an SVG data: address, readable when a quarter of it is damaged."""
    address: str = segno.make(url, error="q", micro=False).svg_data_uri(border=0, dark="#15211d")
    return address


def _bar(annual: Interval) -> Markup:
    return interval(annual.p10, annual.p50, annual.p90, unit="tCO₂e/年", width=640)
