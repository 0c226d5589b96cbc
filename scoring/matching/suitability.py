"""How well a product suits a project: five parts, each shown with its points."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from scoring.matching.product import Product
from scoring.matching.profiles import Profile
from scoring.matching.vocabulary import Part, Vocabulary, vocabulary
from scoring.matching.wording import number
from scoring.units import units
from scoring.words import Words

TENTH = Decimal("0.1")
_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class ScoredPart:
    """One part: its points of the full points, and why; None while data are missing or it does not apply."""

    id: str
    title: Words
    points: Decimal | None
    full: Decimal
    note: Words


@dataclass(frozen=True, eq=False)
class Suitability:
    """Points scaled to 100 over the parts that could be judged; `judged` says how many of the 100.

    s = 100 · Σ full_i · f_i / Σ full_i over the parts i that can be judged, each 0 ≤ f_i ≤ 1:

    price    (worst − middle of the price) / (worst − best); 0 if even the lowest price is above the ceiling
    tenor    max(0, 1 − |gap| / span), the gap to the nearest end of the product's tenor
    size     1 within the ticket, ticket / need above it, 0 below it
    climate  min(1, yearly tonnes per 万元 of the need / full)
    credit   (grade − 1) / (best − 1)

    Weights and bounds are data (`products/terms.yaml`), status proposed.
    """

    product: Product
    profile: Profile
    on: date

    @cached_property
    def points(self) -> tuple[Decimal | None, ...]:
        words = vocabulary()
        return tuple(
            _points(part, _SHARES[key](part, self.product, self.profile, words, self.on))
            for key, part in words.parts.items()
        )

    @cached_property
    def judged(self) -> Decimal:
        parts = vocabulary().parts.values()
        return sum(
            (p.points for p, points in zip(parts, self.points, strict=True) if points is not None), _ZERO
        )

    @cached_property
    def value(self) -> Decimal | None:
        if not self.judged:
            return None
        earned = sum((points for points in self.points if points is not None), _ZERO)
        return (100 * earned / self.judged).quantize(TENTH, ROUND_HALF_UP)

    @cached_property
    def parts(self) -> tuple[ScoredPart, ...]:
        words = vocabulary()
        return tuple(
            ScoredPart(
                key, part.title, points, part.points, _NOTES[key](self.product, self.profile, words, self.on)
            )
            for (key, part), points in zip(words.parts.items(), self.points, strict=True)
        )


def _points(part: Part, share: Decimal | None) -> Decimal | None:
    return (
        None if share is None else (part.points * min(_ONE, max(_ZERO, share))).quantize(TENTH, ROUND_HALF_UP)
    )


def _number(profile: Profile, key: str) -> Decimal | None:
    found = profile.values.get(key)
    return Decimal(found) if isinstance(found, Decimal | int) and not isinstance(found, bool) else None


def _price(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> Decimal | None:
    price = product.terms.price(words, on)
    if price is None or part.best is None or part.worst is None:
        return None
    ceiling = _number(profile, "rate_ceiling")
    if ceiling is not None and price[0] > ceiling:
        return _ZERO
    return (part.worst - (price[0] + price[1]) / 2) / (part.worst - part.best)


def _price_note(product: Product, profile: Profile, words: Vocabulary, on: date) -> Words:
    price = product.terms.price(words, on)
    if price is None:
        return Words("该产品不以利率计价", "not priced by a rate")
    low, high = price
    shown = Words(f"年化 {low:.2f}%–{high:.2f}%", f"{low:.2f} %–{high:.2f} % a year")
    ceiling = _number(profile, "rate_ceiling")
    if ceiling is None or low <= ceiling:
        return shown
    return Words(f"{shown.zh}，高于可承受上限 {ceiling}%", f"{shown.en}, above the ceiling of {ceiling} %")


def _gap(product: Product, wanted: Decimal) -> Decimal | None:
    term = product.terms.find("tenor")
    if term is None:
        return None
    return max(_ZERO, wanted - (term.high or wanted), (term.low or wanted) - wanted)


def _tenor(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> Decimal | None:
    wanted = _number(profile, "tenor")
    gap = None if wanted is None else _gap(product, wanted)
    return None if gap is None or part.span is None else 1 - gap / part.span


def _tenor_note(product: Product, profile: Profile, words: Vocabulary, on: date) -> Words:
    wanted = _number(profile, "tenor")
    if product.terms.find("tenor") is None:
        return Words("该产品不设期限", "the product has no tenor")
    gap = None if wanted is None else _gap(product, wanted)
    if gap is None:
        return Words("缺少期望期限", "the tenor wanted is missing")
    text = number(gap, units()["month"])
    return Words(f"与产品期限相差 {text.zh}", f"{text.en} from the product's tenor")


def _size(
    part: Part | None, product: Product, profile: Profile, words: Vocabulary, on: date
) -> Decimal | None:
    term, amount = product.terms.find("ticket"), _number(profile, product.terms.ticket_of)
    if term is None or amount is None or amount <= 0:
        return None
    if term.low is not None and amount < term.low:
        return _ZERO
    return _ONE if term.high is None or amount <= term.high else term.high / amount


def _size_note(product: Product, profile: Profile, words: Vocabulary, on: date) -> Words:
    if product.terms.find("ticket") is None:
        return Words("该产品不设单笔金额", "the product has no ticket")
    share = _size(None, product, profile, words, on)
    if share is None:
        return Words("缺少融资需求", "the financing need is missing")
    return Words(f"可覆盖需求的 {100 * share:.0f}%", f"covers {100 * share:.0f} % of the need")


def _climate(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> Decimal | None:
    tonnes, need = _number(profile, "abatement"), _number(profile, "financing_need")
    if tonnes is None or need is None or need <= 0 or part.full is None:
        return None
    return tonnes / need / part.full


def _climate_note(product: Product, profile: Profile, words: Vocabulary, on: date) -> Words:
    tonnes, need = _number(profile, "abatement"), _number(profile, "financing_need")
    if tonnes is None:
        return Words("缺少年减排量", "the annual abatement is missing")
    if need is None or need <= 0:
        return Words("缺少融资需求", "the financing need is missing")
    shown = number(tonnes / need, units()["tCO2e/万元"])
    return Words(f"每年 {shown.zh}", f"{shown.en} a year")


def _credit(part: Part, product: Product, profile: Profile, words: Vocabulary, on: date) -> Decimal | None:
    grade = _number(profile, "credit_grade")
    return None if grade is None or part.best is None else (grade - 1) / (part.best - 1)


def _credit_note(product: Product, profile: Profile, words: Vocabulary, on: date) -> Words:
    grade = _number(profile, "credit_grade")
    if grade is None:
        return Words("缺少主体信用等级", "the credit grade is missing")
    return Words(f"等级 {grade}", f"grade {grade}")


_SHARES = {"price": _price, "tenor": _tenor, "size": _size, "climate": _climate, "credit": _credit}
_NOTES = {
    "price": _price_note,
    "tenor": _tenor_note,
    "size": _size_note,
    "climate": _climate_note,
    "credit": _credit_note,
}
