"""How well a product suits a project: five parts, each shown with its points."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from scoring.matching.product import Product, Term
from scoring.matching.profile import Profile
from scoring.matching.vocabulary import Part, Vocabulary, vocabulary
from scoring.matching.wording import number
from scoring.units import units
from scoring.words import Words

_TENTH = Decimal("0.1")
_NOT_PRICED = Words("该产品不以利率计价", "not priced by a rate")
_NO_TENOR = Words("该产品不设期限", "the product has no tenor")
_NO_TICKET = Words("该产品不设单笔金额", "the product has no ticket")


@dataclass(frozen=True, slots=True)
class ScoredPart:
    """One part: its points of the full points, and why; None while data are missing or it does not apply."""

    id: str
    title: Words
    points: Decimal | None
    full: Decimal
    note: Words


@dataclass(frozen=True, slots=True)
class Suitability:
    """Points scaled to 100 over the parts that could be judged; `judged` says how many of the 100."""

    value: Decimal | None
    judged: Decimal
    parts: tuple[ScoredPart, ...]


def suitability(product: Product, profile: Profile, on: date) -> Suitability:
    """The product's suitability for the project.

    s = 100 · Σ full_i · f_i / Σ full_i over the parts i that can be judged, each 0 ≤ f_i ≤ 1:

    price    (worst − middle of the price) / (worst − best); 0 if even the lowest price is above the ceiling
    tenor    max(0, 1 − |gap| / span), the gap to the nearest end of the product's tenor
    size     1 within the ticket, ticket / need above it, 0 below it
    climate  min(1, yearly tonnes per 万元 of the need / full)
    credit   (grade − 1) / (best − 1)

    Weights and bounds are data (`products/terms.yaml`), status proposed.
    """
    words = vocabulary()
    parts = tuple(_PARTS[key](part, product, profile, words, on) for key, part in words.parts.items())
    judged = sum((part.full for part in parts if part.points is not None), Decimal(0))
    earned = sum((part.points for part in parts if part.points is not None), Decimal(0))
    value = None if not judged else (100 * earned / judged).quantize(_TENTH, ROUND_HALF_UP)
    return Suitability(value, judged, parts)


def _scored(part: Part, share: Decimal | None, note: Words) -> ScoredPart:
    points = (
        None if share is None else (part.points * min(Decimal(1), max(Decimal(0), share))).quantize(_TENTH)
    )
    return ScoredPart(part.id, part.title, points, part.points, note)


def _missing(part: Part, zh: str, en: str) -> ScoredPart:
    return _scored(part, None, Words(f"缺少{zh}", f"{en} is missing"))


def _number(profile: Profile, key: str) -> Decimal | None:
    found = profile.values.get(key)
    return Decimal(found) if isinstance(found, Decimal | int) and not isinstance(found, bool) else None


def _price(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> ScoredPart:
    price = product.terms.price(words, on)
    if price is None or part.best is None or part.worst is None:
        return _scored(part, None, _NOT_PRICED)
    low, high = price
    shown = Words(f"年化 {low:.2f}%–{high:.2f}%", f"{low:.2f} %–{high:.2f} % a year")
    ceiling = _number(profile, "rate_ceiling")
    if ceiling is not None and low > ceiling:
        above = Words(
            f"{shown.zh}，高于可承受上限 {ceiling}%", f"{shown.en}, above the ceiling of {ceiling} %"
        )
        return _scored(part, Decimal(0), above)
    return _scored(part, (part.worst - (low + high) / 2) / (part.worst - part.best), shown)


def _tenor(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> ScoredPart:
    term, wanted = product.terms.find("tenor"), _number(profile, "tenor")
    if term is None or part.span is None:
        return _scored(part, None, _NO_TENOR)
    if wanted is None:
        return _missing(part, "期望期限", "the tenor wanted")
    gap = max(Decimal(0), wanted - (term.high or wanted), (term.low or wanted) - wanted)
    text = number(gap, units()["month"])
    note = Words(f"与产品期限相差 {text.zh}", f"{text.en} from the product's tenor")
    return _scored(part, 1 - gap / part.span, note)


def _size(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> ScoredPart:
    term, amount = product.terms.find("ticket"), _number(profile, product.terms.ticket_of)
    if term is None:
        return _scored(part, None, _NO_TICKET)
    if amount is None or amount <= 0:
        return _missing(part, "融资需求", "the financing need")
    share = _share(term, amount)
    note = Words(f"可覆盖需求的 {100 * share:.0f}%", f"covers {100 * share:.0f} % of the need")
    return _scored(part, share, note)


def _share(term: Term, amount: Decimal) -> Decimal:
    if term.low is not None and amount < term.low:
        return Decimal(0)
    return Decimal(1) if term.high is None or amount <= term.high else term.high / amount


def _climate(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> ScoredPart:
    tonnes, need = _number(profile, "abatement"), _number(profile, "financing_need")
    if tonnes is None or part.full is None:
        return _missing(part, "年减排量", "the annual abatement")
    if need is None or need <= 0:
        return _missing(part, "融资需求", "the financing need")
    shown = number(tonnes / need, units()["tCO2e/万元"])
    return _scored(part, tonnes / need / part.full, Words(f"每年 {shown.zh}", f"{shown.en} a year"))


def _credit(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> ScoredPart:
    grade = _number(profile, "credit_grade")
    if grade is None or part.best is None:
        return _missing(part, "主体信用等级", "the credit grade")
    return _scored(part, (grade - 1) / (part.best - 1), Words(f"等级 {grade}", f"grade {grade}"))


_PARTS = {"price": _price, "tenor": _tenor, "size": _size, "climate": _climate, "credit": _credit}
