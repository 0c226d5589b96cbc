"""A claimed reduction beside ours, the difference explained by its likely cause.

The calculation is repeated with one assumption changed at a time (another factor, a usual slip, a wrong unit,
a lifetime sum), then with two; what reproduces the claim is its likely cause. Where the applicant states the
inputs behind the claim, the difference is split exactly among them instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from scoring.carbon import intake, quantities
from scoring.carbon import plan as planning
from scoring.carbon.benefit import Benefit
from scoring.carbon.claim_errors import ClaimErrors, errors
from scoring.carbon.definition import Method
from scoring.carbon.factors import Factor, factor, factors, ladder
from scoring.carbon.house import Anchor, house
from scoring.carbon.methods import method
from scoring.carbon.run import Run, array
from scoring.errors import InvalidFacts
from scoring.units import Unit
from scoring.words import Words

MAX_SHAPLEY = 8


@dataclass(frozen=True, slots=True)
class Cause:
    """An assumption under which our calculation gives about the claim."""

    id: str
    label: Words
    figure: float
    distance: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one differing input adds to the difference. [tCO2e/yr]"""

    key: str
    label: Words
    ours: float
    theirs: float
    unit: Unit
    effect: float


@dataclass(frozen=True, slots=True)
class AnchorView:
    """A published range and where ours and the claim stand to it: below, within or above."""

    anchor: Anchor
    ours: str
    claimed: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The claim and ours. [tCO2e/yr]"""

    claimed: float
    ours: float
    ratio: float | None
    verdict: str  # agrees | explained | unexplained
    in_band: bool
    causes: tuple[Cause, ...]
    by_input: tuple[Contribution, ...]
    unexplained: float
    percentile: float | None
    anchors: tuple[AnchorView, ...]
    alarms: tuple[Words, ...]

    @property
    def difference(self) -> float:
        return self.claimed - self.ours


def reconcile(
    claimed: Any,
    benefit: Benefit,
    *,
    claimed_inputs: Mapping[str, Any] | None = None,
    peers: Sequence[float] = (),
) -> Reconciliation:
    """The claim (tCO2e a year) beside the benefit, with likely causes, anchors and alarms.

    `claimed_inputs` are the applicant's own inputs where they differ; `peers` the reductions per 10⁴ CNY of
    other projects of the category, for the percentile.
    """
    claim, ours = float(claimed), benefit.annual
    run, values = _run(benefit)
    tolerance = house().reproduced
    agrees = abs(claim - ours) <= tolerance * abs(ours)
    by_input = _by_input(run, values, claimed_inputs or {})
    causes = () if agrees or claim == 0 else _causes(benefit, run, values, claim)
    reproduced = [cause for cause in causes if cause.distance <= tolerance]
    if by_input:
        explained = sum(part.effect for part in by_input)
    else:
        explained = reproduced[0].figure - ours if reproduced else 0.0
    unexplained = 0.0 if agrees else claim - ours - explained
    fits = bool(reproduced) or (bool(by_input) and abs(unexplained) <= tolerance * abs(claim))
    return Reconciliation(
        claimed=claim,
        ours=ours,
        ratio=None if ours == 0 else claim / ours,
        verdict="agrees" if agrees else "explained" if fits else "unexplained",
        in_band=benefit.p10 <= claim <= benefit.p90,
        causes=tuple(reproduced[:5]) or causes[:3],
        by_input=by_input,
        unexplained=unexplained,
        percentile=_percentile(benefit, peers),
        anchors=_anchors(benefit, claim),
        alarms=_alarms(benefit, claim),
    )


def _run(benefit: Benefit) -> tuple[Run, dict[str, Any]]:
    of = method(benefit.method_id, benefit.method_version)
    stated = frozenset(entry.key for entry in benefit.inputs if entry.origin == "stated")
    plan = planning.make(of, str(of.result), stated)
    run = Run(of, plan, {entry.key: array(entry.value) for entry in benefit.inputs}, benefit.life)
    return run, run.at(1.0)


def _figure(run: Run, **changed: Any) -> float:
    year = run.years if run.of.annual == "mean" else 1.0
    with np.errstate(all="ignore"):
        return float(np.mean(run.at(year, **changed)[str(run.of.result)]))


def _causes(benefit: Benefit, run: Run, values: Mapping[str, Any], claim: float) -> tuple[Cause, ...]:
    changes = [*_slips(run, values, benefit), *_factors(run, values, benefit), *_gwp(run, values)]
    tried = [Cause(key, label, _figure(run, **changed), 0.0) for key, label, changed in changes]
    tried += _without_change(benefit, values)
    single = _ranked(tried, claim)
    if single and single[0].distance <= house().close:
        return single
    pairs = []
    for (key, label, changed), (other, second, more) in combinations(changes, 2):
        if not changed.keys() & more.keys() and not (key.startswith("factor") and other.startswith("factor")):
            both = Words(f"{label.zh}；{second.zh}", f"{label.en}; {second.en}")
            pairs.append(Cause(f"{key}+{other}", both, _figure(run, **changed, **more), 0.0))
    return _ranked([*single, *pairs], claim)


def _ranked(tried: Sequence[Cause], claim: float) -> tuple[Cause, ...]:
    """Nearest first; of equal figures only the first is kept."""
    found: dict[float, Cause] = {}
    for cause in tried:
        if np.isfinite(cause.figure):
            figure = float(f"{cause.figure:.6g}")
            distance = abs(cause.figure / claim - 1)
            found.setdefault(figure, Cause(cause.id, cause.label, cause.figure, distance))
    # a simple cause goes before a pair that comes no closer than rounding
    return tuple(sorted(found.values(), key=lambda c: (round(c.distance, 3), "+" in c.id)))


def _slips(
    run: Run, values: Mapping[str, Any], benefit: Benefit
) -> Iterator[tuple[str, Words, dict[str, Any]]]:
    known = errors()
    for slip in known.slips:
        if (slip.methods and run.of.id not in slip.methods) or not slip.changes.keys() <= values.keys():
            continue
        changed = {}
        for key, raw in slip.changes.items():
            meant = raw if not isinstance(raw, str) else _meant(raw, key, run.of, values, benefit, known)
            if meant is not None and not np.array_equal(values[key], meant):
                changed[key] = meant
        if changed:
            yield slip.id, slip.label, changed


def _meant(
    name: str, key: str, of: Method, values: Mapping[str, Any], benefit: Benefit, known: ClaimErrors
) -> Any:
    if name in values:
        return values[name]
    if name not in known.values:
        return None
    kind, substance, times = known.values[name]
    found = factor(kind, on=benefit.on, region=benefit.region, substance=substance)
    value = _in_unit(found, of.unit_of(key))
    if value is None or times is None:
        return value
    efficiency = next((values[e] for e in ("eta_boiler", "eta", "eta_heat") if e in values), None)
    return None if efficiency is None else value * efficiency


def _factors(
    run: Run, values: Mapping[str, Any], benefit: Benefit
) -> Iterator[tuple[str, Words, dict[str, Any]]]:
    """Every published grid factor of the place in the stead of ours, on all grid inputs at once."""
    keys = [key for key in run.of.grid if key in values]
    if not keys:
        return
    unit = run.of.unit_of(keys[0])
    around = ladder(benefit.region)
    seen = set()
    for known in (*_margins(around), *((f.name, float(f.value), f.id) for f in _grid(around, unit))):
        name, value, factor_id = known
        if value in seen or all(np.isclose(values[key], value, rtol=1e-9) for key in keys):
            continue
        seen.add(value)
        label = Words(f"采用 {value:g}（{name.zh}）", f"factor {value:g} ({name.en})")
        yield f"factor:{factor_id}", label, dict.fromkeys(keys, value)


def _grid(around: Sequence[str], unit: Unit) -> list[Factor]:
    found = [
        f
        for f in factors().values()
        if f.unit.comparable(unit)
        and f.is_grid
        and f.region in around
        and f.substance in (None, "electricity")
    ]
    return sorted(found, key=lambda f: f.valid_from.year if f.valid_from else 0, reverse=True)


def _margins(around: Sequence[str]) -> Iterator[tuple[Words, float, str]]:
    """Combined margins of the editions that have both margins, at the two usual weights."""
    known = factors().values()
    for build in (f for f in known if f.kind == "grid_build_margin" and f.region in around):
        for operating in known:
            if (operating.kind, operating.region, operating.edition) != (
                "grid_operating_margin",
                build.region,
                build.edition,
            ):
                continue
            for weight in (w for w in known if w.kind == "weight_operating_margin"):
                share = float(weight.value)
                value = share * float(operating.value) + (1 - share) * float(build.value)
                text = f"{share:g}/{1 - share:g}"
                name = Words(
                    f"{build.edition} 版组合边际 {text}", f"combined margin {text}, {build.edition} edition"
                )
                yield name, value, f"cm:{build.region}:{build.edition}:{text}"


def _gwp(run: Run, values: Mapping[str, Any]) -> Iterator[tuple[str, Words, dict[str, Any]]]:
    if "gwp" in values and any(
        d.kind == "gwp100" and d.substance == "ch4" for k, d in run.of.defaults.items() if k == "gwp"
    ):
        for gwp in errors().gwp:
            if gwp != values["gwp"]:
                yield f"gwp:{gwp:g}", Words(f"甲烷 GWP 取 {gwp:g}", f"methane GWP {gwp:g}"), {"gwp": gwp}


def _without_change(benefit: Benefit, values: Mapping[str, Any]) -> list[Cause]:
    """Slips after the calculation: sums over a life, units, tonnes of coal equivalent."""
    found = [
        Cause("lifetime", Words("把全周期当作一年", "a lifetime sum given as a year"), benefit.lifetime, 0.0),
        Cause(
            "lifetime_credited",
            Words("把计入期合计当作一年", "a crediting-period sum given as a year"),
            benefit.lifetime_credited,
            0.0,
        ),
    ]
    found += [Cause(key, label, benefit.annual * times, 0.0) for key, times, label in errors().scales]
    found += _coal_equivalents(benefit, values)
    return found


def _coal_equivalents(benefit: Benefit, values: Mapping[str, Any]) -> list[Cause]:
    of = method(benefit.method_id, benefit.method_version)
    per_tce = float(factor("coal_equivalent_heat", on=benefit.on, region="CN").value)
    found = []
    for key, value in values.items():
        if key in ("year", "deposited") or np.ndim(value) or of.unit_of(key).symbol not in ("GJ/a", "MWh/a"):
            continue
        slope, _ = quantities.conversion(of.unit_of(key).pint, "GJ/year")
        tce = float(value) * slope / per_tce
        label = of.label_of(key)
        for k in errors().tce_coefficients:
            text = Words(
                f"按{label.zh}折合 {tce:,.0f} tce × {k:g}", f"{label.en.lower()} as {tce:,.0f} tce × {k:g}"
            )
            found.append(Cause(f"tce:{key}:{k:g}", text, tce * k, 0.0))
    return found


def _by_input(run: Run, values: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[Contribution, ...]:
    """The difference split among differing inputs, each order of replacing them weighing the same."""
    read = intake.read(run.of, theirs).values
    keys = [key for key in read if key in values and not np.ndim(read[key]) and read[key] != values[key]]
    if len(keys) > MAX_SHAPLEY:
        words = Words(f"最多比较 {MAX_SHAPLEY} 个输入", f"at most {MAX_SHAPLEY} inputs can be compared")
        raise InvalidFacts({keys[MAX_SHAPLEY]: words})
    figures = {
        chosen: _figure(run, **{key: read[key] for key in chosen})
        for size in range(len(keys) + 1)
        for chosen in combinations(keys, size)
    }
    found = []
    for key in keys:
        effect = 0.0
        rest = [other for other in keys if other != key]
        for size in range(len(rest) + 1):
            weight = factorial(size) * factorial(len(rest) - size) / factorial(len(keys))
            for chosen in combinations(rest, size):
                with_key = tuple(k for k in keys if k == key or k in chosen)
                effect += weight * (figures[with_key] - figures[chosen])
        found.append(
            Contribution(
                key, run.of.label_of(key), float(values[key]), float(read[key]), run.of.unit_of(key), effect
            )
        )
    return tuple(sorted(found, key=lambda part: -abs(part.effect)))


def _percentile(benefit: Benefit, peers: Sequence[float]) -> float | None:
    per = benefit.per_investment
    if per is None or not len(peers):
        return None
    known = np.asarray(peers, dtype=float)
    return float(100 * (np.mean(known < per) + np.mean(known == per) / 2))


def _anchors(benefit: Benefit, claim: float) -> tuple[AnchorView, ...]:
    if not benefit.investment:
        return ()
    ours, theirs = (figure / float(benefit.investment) for figure in (benefit.annual, claim))
    return tuple(
        AnchorView(anchor, _place(ours, anchor), _place(theirs, anchor)) for anchor in house().anchors
    )


def _place(value: float, anchor: Anchor) -> str:
    return "below" if value < anchor.low else "above" if value > anchor.high else "within"


def _alarms(benefit: Benefit, claim: float) -> tuple[Words, ...]:
    found = []
    ours = benefit.annual
    if ours and claim / ours < 0:
        found.append(Words("申报值与测算值符号相反。", "The claim and the estimate differ in sign."))
    elif ours and not 0.1 < claim / ours < 10:
        found.append(
            Words(
                f"申报值是测算值的 {claim / ours:,.3g} 倍，请核对单位和数量级。",
                f"The claim is {claim / ours:,.3g} times the estimate: check units and order of magnitude.",
            )
        )
    if benefit.investment:
        per, rules = claim / float(benefit.investment), house()
        if per > rules.block_above:
            found.append(
                Words(
                    f"按申报值每万元投资年减排 {per:,.0f} tCO₂e，超过 {rules.block_above:g}。",
                    f"The claim means {per:,.0f} tCO₂e a year per CNY 10k, above {rules.block_above:g}.",
                )
            )
    return tuple(found)


def _in_unit(known: Factor, unit: Unit) -> float | None:
    try:
        slope, offset = quantities.conversion(known.unit.pint, unit.pint)
    except quantities.UnknownUnit:
        return None
    return float(known.value) * slope + offset
