"""The certificate of a registry entry, from what was frozen when it was listed."""

from decimal import Decimal
from typing import Any

from registry.models import RegistryEntry
from registry.reports.certificate import CertificateData, FactorUsed, Interval, certificate_pdf
from registry.services.entries import GRADES, TIERS
from scoring import carbon, criteria
from scoring.errors import UnknownEdition
from scoring.places import townships
from scoring.taxonomy import categories
from scoring.words import Words


def pdf(entry: RegistryEntry, *, verification_url: str) -> bytes:
    """The certificate as PDF."""
    return certificate_pdf(data(entry, verification_url=verification_url))


def data(entry: RegistryEntry, *, verification_url: str) -> CertificateData:
    benefit = entry.content["benefit"]
    category = categories().get(entry.category)
    township = townships().get(entry.township or "")
    return CertificateData(
        number=entry.number,
        project_name=entry.project_name,
        applicant=entry.enterprise_name,
        category=_category(entry.category, category.label if category else None),
        township=township.label if township else None,
        tier=TIERS[entry.tier],
        grade=GRADES[entry.grade],
        score=Decimal(str(entry.score)),
        criteria_edition=_edition(entry.content["criteria"]),
        method=_method(benefit),
        annual=_annual(entry),
        lifetime=_lifetime(entry, benefit),
        lifetime_years=None if benefit is None else Decimal(str(benefit["life"])),
        factors=_factors(benefit),
        listed_on=entry.listed_on,
        verification_url=verification_url,
        check_code=entry.check_code,
        content_hash=entry.content_hash,
        is_demo=entry.demo,
    )


def _category(code: str, label: Words | None) -> Words:
    return Words(f"{code} {label.zh}", f"{code} {label.en}") if label else Words(code, code)


def _edition(frozen: dict[str, Any]) -> Words:
    edition = criteria.find_by_hash(frozen["hash"])
    version = frozen["edition"]
    if edition is None:
        return Words(f"{frozen['rule_set']} {version}", f"{frozen['rule_set']} {version}")
    return Words(f"{edition.title.zh} {version}", f"{edition.title.en} {version}")


def _method(benefit: dict[str, Any] | None) -> Words | None:
    if benefit is None:
        return None
    name = f"{benefit['method_id']} {benefit['method_version']}"
    try:
        title = carbon.method(benefit["method_id"]).title
    except UnknownEdition:
        return Words(name, name)
    return Words(f"{title.zh}（{name}）", f"{title.en} ({name})")


def _annual(entry: RegistryEntry) -> Interval | None:
    if entry.benefit_annual is None or entry.benefit_p10 is None or entry.benefit_p90 is None:
        return None
    figures = (entry.benefit_p10, entry.benefit_annual, entry.benefit_p90)
    return Interval(*(Decimal(str(round(figure, 1))) for figure in figures))


def _lifetime(entry: RegistryEntry, benefit: dict[str, Any] | None) -> Interval | None:
    """The sum over the life on the declared trajectory, with the relative band of the yearly figure."""
    annual = _annual(entry)
    if benefit is None or annual is None or not annual.p50:
        return None
    total = Decimal(str(carbon.replay(benefit).lifetime_dynamic))
    return Interval(
        *((total * part / annual.p50).quantize(Decimal(1)) for part in (annual.p10, annual.p50, annual.p90))
    )


def _factors(benefit: dict[str, Any] | None) -> tuple[FactorUsed, ...]:
    """The factors behind the frozen benefit, read again with the edition of its date."""
    if benefit is None:
        return ()
    return tuple(
        FactorUsed(factor.name, f"{factor.value} {factor.unit}", factor.source_year, factor.source)
        for factor in carbon.replay(benefit).factors
    )
