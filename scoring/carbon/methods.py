"""Methods as data: each file of `data/methodologies` is one edition of one method or calculation.

A method is a graph of quantities. An input is stated by the applicant; a step computes a quantity by an
equation; a default names the factor, or the declared number, that stands in where nothing was stated. When a
file is loaded its formulas are read, and a step whose equation does not give its unit is refused with its
line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from scoring import catalogue, taxonomy
from scoring.carbon.dimension import Dimension, DimensionError, dimension
from scoring.carbon.equations import EQUATIONS, Equation
from scoring.carbon.expression import Expression, trace
from scoring.catalogue import Record
from scoring.errors import UnknownEdition
from scoring.facts import FactSpec, read_spec
from scoring.units import Unit, units
from scoring.words import Words

FOLDER = catalogue.DATA / "methodologies"
CLASSES = ("national", "industry", "local", "own")
STATUSES = ("official", "sibling", "proposed")
# supplied by the evaluation, not stated: the operating year, and the deposit years up to it
BUILT_IN = {"year": "year number", "deposited": "year number"}


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a method comes from."""

    issuer: str
    title: str
    dated: date | None
    article: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Default:
    """What stands in for an input that was not stated: a kind of factor, or a declared number."""

    kind: str | None = None
    substance: str | None = None
    edition: str | None = None
    region: str | None = None
    value: Decimal | None = None
    series: tuple[Decimal, ...] | None = None
    same_as: str | None = None
    otherwise: str | None = None
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the calculation: a quantity, its equation and what enters."""

    key: str
    label: Words
    unit: Unit
    equation: Equation
    arguments: Mapping[str, str | float]
    terms: tuple[str, ...]
    formula: Expression
    line: int

    @property
    def needs(self) -> tuple[str, ...]:
        return (*self.terms, *(value for value in self.arguments.values() if isinstance(value, str)))


@dataclass(frozen=True, slots=True)
class Check:
    """A relation the values must keep."""

    kind: str
    left: str
    right: str
    times: float
    message: Words


@dataclass(frozen=True, slots=True)
class Alert:
    """A remark that appears when a quantity passes a value, from a day on."""

    quantity: str
    above: float | None
    below: float | None
    since: date | None
    message: Words


@dataclass(frozen=True)
class Method:
    """One edition of a method (or of a calculation that is not a project method)."""

    id: str
    version: str
    kind: str
    title: Words
    method_class: str
    status: str
    confidence: str
    basis: Basis
    effective_from: date
    effective_to: date | None
    categories: tuple[str, ...]
    applicability: Words
    crediting: Words | None
    crediting_years: int | None
    life: int
    annual: str
    result: str | None
    inputs: tuple[FactSpec, ...]
    warnings: tuple[Words, ...]
    content_hash: str
    steps: tuple[Step, ...] = field(repr=False)
    defaults: Mapping[str, Default] = field(repr=False)
    uncertainty: Mapping[str, float] = field(repr=False)
    correlations: Mapping[tuple[str, str], float] = field(repr=False)
    range_sources: Mapping[str, Words] = field(repr=False)
    aliases: Mapping[str, str] = field(repr=False)
    grid: tuple[str, ...] = field(repr=False)
    same_kind: tuple[tuple[str, ...], ...] = field(repr=False)
    breakeven: tuple[str, ...] = field(repr=False)
    checks: tuple[Check, ...] = field(repr=False)
    alerts: tuple[Alert, ...] = field(repr=False)
    per: str | None = field(repr=False)
    specs: Mapping[str, FactSpec] = field(repr=False)
    ways: Mapping[str, tuple[Step, ...]] = field(repr=False)

    @property
    def quantified(self) -> bool:
        """Whether the method gives tonnes at all; adaptation does not."""
        return self.result is not None

    def unit_of(self, quantity: str) -> Unit:
        if quantity in self.specs:
            unit = self.specs[quantity].unit
            return unit if unit is not None else units()["1"]
        if quantity in self.ways:
            return self.ways[quantity][0].unit
        return units()[BUILT_IN[quantity]]

    def label_of(self, quantity: str) -> Words:
        if quantity in self.specs:
            return self.specs[quantity].label
        if quantity in self.ways:
            return self.ways[quantity][0].label
        return {"year": Words("运行年序", "Operating year"), "deposited": Words("填埋年序", "Deposit year")}[
            quantity
        ]


@cache
def editions() -> Mapping[str, tuple[Method, ...]]:
    """Every edition of every method and calculation, newest first; raises InvalidData."""
    found: dict[str, list[Method]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        file = catalogue.load(path)
        loaded = load(file, catalogue.content_hash(path))
        before = found.setdefault(loaded.id, [])
        if any(edition.version == loaded.version for edition in before):
            file.fail(f"edition {loaded.version} of “{loaded.id}” is there twice", "version")
        before.append(loaded)
    return MappingProxyType(
        {
            method_id: tuple(sorted(known, key=lambda m: m.effective_from, reverse=True))
            for method_id, known in found.items()
        }
    )


@cache
def methods() -> Mapping[str, Method]:
    """The newest edition of each method a project may choose, by id."""
    return MappingProxyType({key: known[0] for key, known in editions().items() if known[0].kind == "method"})


@cache
def calculations() -> Mapping[str, Method]:
    """The newest edition of each calculation that helps a review but is no project method, by id."""
    return MappingProxyType(
        {key: known[0] for key, known in editions().items() if known[0].kind == "calculation"}
    )


def method(method_id: str, version: str | None = None, *, on: date | None = None) -> Method:
    """One edition: the version named, or the one in force on a day, or the newest. Raises UnknownEdition."""
    known = editions().get(method_id, ())
    for edition in known:
        if version is not None:
            if edition.version == version:
                return edition
        elif on is None or (
            edition.effective_from <= on and (edition.effective_to is None or on <= edition.effective_to)
        ):
            return edition
    wanted = f"method “{method_id}”" + (f" version {version}" if version else "")
    if not known:
        raise UnknownEdition(f"there is no {wanted}")
    raise UnknownEdition(f"no edition of {wanted}" + (f" was in force on {on}" if on else ""))


def load(file: Record, content_hash: str) -> Method:
    """The method of one data file; raises InvalidData."""
    kind = file.choice("kind", ("method", "calculation"), default="method")
    status = file.choice("status", STATUSES)
    basis = file.record("basis")
    effective = file.record("effective")
    crediting = file.find_record("crediting")
    inputs, uncertainty, range_sources, defaults = _inputs(file)
    specs = {spec.key: spec for spec in inputs}
    steps = _steps(file, specs)
    ways: dict[str, tuple[Step, ...]] = {}
    for step in steps:
        ways[step.key] = (*ways.get(step.key, ()), step)
    loaded = Method(
        id=file.text("id"),
        version=file.text("version"),
        kind=kind,
        title=file.words("title"),
        method_class=file.choice("method_class", CLASSES),
        status=status,
        confidence=file.choice("confidence", ("high", "medium", "low")),
        basis=Basis(
            basis.text("issuer"),
            basis.text("title"),
            basis.find_day("date"),
            basis.find_text("article"),
            basis.find_text("note"),
        ),
        effective_from=effective.day("from"),
        effective_to=effective.find_day("to"),
        categories=file.texts("categories"),
        applicability=file.words("applicability"),
        crediting=crediting.words("note") if crediting else None,
        crediting_years=crediting.find_integer("years") if crediting else None,
        life=file.find_integer("life") or 1,
        annual=file.choice("annual", ("first", "mean"), default="first"),
        result=file.find_text("result"),
        inputs=inputs,
        warnings=tuple(_words(entry) for entry in file.records("warnings")),
        content_hash=content_hash,
        steps=steps,
        defaults=MappingProxyType(defaults),
        uncertainty=MappingProxyType(uncertainty),
        correlations=MappingProxyType(_correlations(file, uncertainty)),
        range_sources=MappingProxyType(range_sources),
        aliases=MappingProxyType(_aliases(file)),
        grid=file.texts("grid"),
        same_kind=tuple(tuple(entry.texts("of")) for entry in file.records("same_kind")),
        breakeven=file.texts("breakeven"),
        checks=tuple(_check(entry) for entry in file.records("checks")),
        alerts=tuple(_alert(entry) for entry in file.records("alerts")),
        per=file.find_text("per"),
        specs=MappingProxyType(specs),
        ways=MappingProxyType(ways),
    )
    for part in (basis, effective, *([crediting] if crediting else [])):
        part.done()
    file.done()
    _refuse_loose_ends(file, loaded)
    return loaded


def _inputs(
    file: Record,
) -> tuple[tuple[FactSpec, ...], dict[str, float], dict[str, Words], dict[str, Default]]:
    specs: dict[str, FactSpec] = {}
    uncertainty: dict[str, float] = {}
    sources: dict[str, Words] = {}
    defaults: dict[str, Default] = {}
    for entry in file.records("inputs"):
        relative = entry.find_number("uncertainty")
        source = entry.find_words("range_source")
        default = entry.find_record("default")
        spec = read_spec(entry, section="benefit")
        if spec.key in specs or spec.key in BUILT_IN:
            entry.fail(f"duplicate input “{spec.key}”", "key")
        specs[spec.key] = spec
        if relative is not None:
            if not 0 < relative < 5:
                entry.fail("“uncertainty” is a relative half-width such as 0.1", "uncertainty")
            uncertainty[spec.key] = float(relative)
        if source is not None:
            sources[spec.key] = source
        if default is not None:
            defaults[spec.key] = _default(default)
    return tuple(specs.values()), uncertainty, sources, defaults


def _default(entry: Record) -> Default:
    series = entry.items_of("series")
    found = Default(
        kind=entry.find_text("kind"),
        substance=entry.find_text("substance"),
        edition=entry.find_text("edition"),
        region=entry.find_text("region"),
        value=entry.find_number("value"),
        series=tuple(Decimal(item) for item in series) if series else None,
        same_as=entry.find_text("same_as"),
        otherwise=entry.find_text("otherwise"),
        kinds=frozenset(entry.texts("kinds")),
    )
    if sum(part is not None for part in (found.kind, found.value, found.series, found.same_as)) != 1:
        entry.fail("a default is one of “kind”, “value”, “series”, “same_as”")
    entry.done()
    return found


def _steps(file: Record, specs: Mapping[str, FactSpec]) -> tuple[Step, ...]:
    known: dict[str, Unit] = {key: units()[symbol] for key, symbol in BUILT_IN.items()}
    known |= {key: spec.unit or units()["1"] for key, spec in specs.items()}
    found: list[Step] = []
    for entry in file.records("steps"):
        key, symbol = entry.text("key"), entry.text("unit")
        if symbol not in units():
            entry.fail(f"unknown unit “{symbol}”", "unit")
        name = entry.text("equation")
        if name not in EQUATIONS:
            entry.fail(f"unknown equation “{name}”; known: {', '.join(sorted(EQUATIONS))}", "equation")
        equation = EQUATIONS[name]
        terms = entry.texts("terms")
        arguments = _arguments(entry, equation, known)
        for term in terms:
            if term not in known:
                entry.fail(f"unknown quantity “{term}”", "terms")
        label = entry.find_words("label")
        if label is None:
            if key not in specs:
                entry.fail("“label” is missing; a step that is no input needs one", "key")
            label = specs[key].label
        unit = units()[symbol]
        if key in known and known[key].symbol != symbol:
            entry.fail(f"“{key}” has the unit {known[key].symbol} elsewhere", "unit")
        _check_unit(entry, equation, arguments, terms, known, unit)
        formula = _trace(equation, arguments, terms)
        found.append(
            Step(key, label, unit, equation, MappingProxyType(arguments), terms, formula, entry.line)
        )
        known[key] = unit
        entry.done()
    return tuple(found)


def _arguments(entry: Record, equation: Equation, known: Mapping[str, Unit]) -> dict[str, str | float]:
    given = entry.find_record("with")
    arguments: dict[str, str | float] = {}
    for parameter in equation.parameters:
        stated = given[parameter] if given is not None and parameter in given else None
        if isinstance(stated, int | Decimal) and not isinstance(stated, bool):
            arguments[parameter] = float(stated)
        elif stated is not None or parameter in known:
            name = str(stated) if stated is not None else parameter
            if name not in known:
                entry.fail(f"unknown quantity “{name}” for “{parameter}”", "with")
            arguments[parameter] = name
        elif parameter not in equation.optional:
            entry.fail(f"“{equation.name}” needs “{parameter}”", "equation")
    if given is not None:
        for key in given:
            if key not in equation.parameters:
                given.fail(
                    f"“{equation.name}” has no “{key}”; it takes {', '.join(equation.parameters)}", key
                )
        given.done()
    return arguments


def _trace(equation: Equation, arguments: Mapping[str, str | float], terms: tuple[str, ...]) -> Expression:
    if equation.varied:
        return trace(lambda **named: equation.function(*named.values()), {term: term for term in terms})
    return trace(equation.function, arguments)


def _check_unit(
    entry: Record,
    equation: Equation,
    arguments: Mapping[str, str | float],
    terms: tuple[str, ...],
    known: Mapping[str, Unit],
    unit: Unit,
) -> None:
    given = {key: known[value] if isinstance(value, str) else value for key, value in arguments.items()}
    try:
        if equation.varied:
            found = dimension(
                lambda **named: equation.function(*named.values()), {term: known[term] for term in terms}
            )
        else:
            found = dimension(equation.function, given)
    except DimensionError as error:
        entry.fail(f"the units of “{equation.name}” do not fit: {error}", "equation")
    if not found.same(Dimension.of(unit)):
        entry.fail(f"“{equation.name}” gives {found}, not {unit.symbol} = {Dimension.of(unit)}", "unit")


def _correlations(file: Record, uncertainty: Mapping[str, float]) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for entry in file.records("correlated"):
        pair = entry.texts("between")
        rho = entry.number("rho")
        if len(pair) != 2 or not all(key in uncertainty for key in pair):
            entry.fail("“between” names two inputs that have an uncertainty", "between")
        if not -1 <= rho <= 1:
            entry.fail("“rho” lies between −1 and 1", "rho")
        found[pair[0], pair[1]] = float(rho)
        entry.done()
    return found


def _aliases(file: Record) -> dict[str, str]:
    record = file.find_record("aliases")
    return {} if record is None else {key: record.text(key) for key in record}


def _check(entry: Record) -> Check:
    found = Check(
        kind=entry.choice("kind", ("at_most", "sum_to_one", "sums_to_one", "same_length")),
        left=entry.text("left"),
        right=entry.find_text("right") or "",
        times=float(entry.find_number("times") or 1),
        message=entry.words("say"),
    )
    entry.done()
    return found


def _alert(entry: Record) -> Alert:
    above, below = entry.find_number("above"), entry.find_number("below")
    found = Alert(
        quantity=entry.text("quantity"),
        above=None if above is None else float(above),
        below=None if below is None else float(below),
        since=entry.find_day("since"),
        message=entry.words("say"),
    )
    entry.done()
    return found


def _words(entry: Record) -> Words:
    words = Words(entry.text("zh"), entry.text("en"))
    entry.done()
    return words


def _refuse_loose_ends(file: Record, method: Method) -> None:
    quantities = method.specs.keys() | method.ways.keys() | BUILT_IN.keys()
    if method.result is not None and method.result not in method.ways:
        file.fail(f"“result” is “{method.result}”, which no step computes", "result")
    for name, keys in (
        ("grid", method.grid),
        ("breakeven", method.breakeven),
        ("aliases", method.aliases.values()),
        ("checks", [key for check in method.checks for key in (check.left, check.right) if key]),
        ("alerts", [alert.quantity for alert in method.alerts]),
        ("same_kind", [key for group in method.same_kind for key in group]),
        ("per", [method.per] if method.per else []),
        ("inputs", [key for d in method.defaults.values() for key in (d.same_as, d.otherwise) if key]),
    ):
        for key in keys:
            if key not in quantities:
                file.fail(f"“{name}” names the unknown quantity “{key}”", name)
    for code in method.categories:
        if code not in taxonomy.categories():
            file.fail(f"unknown category “{code}”", "categories")
