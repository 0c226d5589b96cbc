"""A method read from its data file: strict, its formulas traced and their units checked."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from scoring import taxonomy
from scoring.carbon.definition import BUILT_IN, Alert, Basis, Check, Default, Method, Step
from scoring.carbon.dimension import Dimension, DimensionError, dimension
from scoring.carbon.equations import EQUATIONS, Equation
from scoring.carbon.expression import Expression, trace
from scoring.catalogue import Record
from scoring.facts import FactSpec, read_spec
from scoring.units import Unit, units
from scoring.words import Words

CLASSES = ("national", "industry", "local", "own")
STATUSES = ("official", "sibling", "proposed")


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
        variants=MappingProxyType(_variants(file)),
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


def _variants(file: Record) -> dict[str, tuple[str, ...]]:
    """Inputs that go by one word and differ in dimension: heat of a year, and heat per area."""
    record = file.find_record("variants")
    return {} if record is None else {key: record.texts(key) for key in record}


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
        ("variants", [key for group in method.variants.values() for key in group]),
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
