"""One product read from its record: terms within sensible bounds, rules parsed and checked, sources known."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise

from scoring.catalogue import Record
from scoring.criteria.expression import Expression, parse
from scoring.matching.product import Product, Report, Rule, Term, Terms
from scoring.matching.profiles import Dictionary, Document, dictionary
from scoring.matching.vocabulary import Basis, TermKind, Vocabulary, cite, unit_at, vocabulary
from scoring.units import Unit, units
from scoring.words import Words

REPAYMENTS = ("level_principal", "level_payment", "bullet", "sculpted")
_CONFIDENCES = ("high", "medium", "low")
_STAGE = Words("项目阶段", "Stage of the project")
_LEAST = Words("单笔金额下限", "Smallest ticket")
_MOST = Words("单笔金额上限（超出部分可由其他产品分担）", "Largest ticket (the rest can come from others)")
_SHORT = Words("期限下限", "Shortest tenor")
_LONG = Words("期限上限（超出即期限错配）", "Longest tenor (beyond it lies a maturity gap)")


class ProductReader:
    """Reads products against one set of sources, sets and shared rules."""

    def __init__(self, basis: Mapping[str, Basis], sets: Mapping[str, frozenset[str]]) -> None:
        self.basis = basis
        self.sets = sets
        self.rule_sets: dict[str, tuple[Rule, ...]] = {}
        self.terms_basis: tuple[Basis, ...] = ()
        self.known: Dictionary = dictionary()
        self.words: Vocabulary = vocabulary()

    def rule(self, record: Record, terms: Terms | None) -> Rule:
        values, given = self._parameters(record, terms)
        title, when = record.words("title"), record.find_text("when")
        require = self.expression(record, "require", record.text("require"), given)
        guard = None if when is None else self.expression(record, "when", when, given)
        text = require.text if when is None else f"not ({when}) or ({require.text})"
        condition = require if when is None else self.expression(record, "require", text, given)
        unused = set(given) - set(condition.parameters)
        if unused:
            record.fail(f"parameter “{sorted(unused)[0]}” is not used by the rule")
        basis = cite(record, self.basis)
        rule = Rule(
            id=record.text("id"),
            title=title,
            hard=record.flag("hard", default=True),
            require=require,
            when=guard,
            condition=condition,
            values=values,
            units=given,
            basis=basis,
            confidence=record.choice("confidence", _CONFIDENCES, default=basis[0].confidence),
        )
        record.done()
        return rule

    def expression(self, record: Record, key: str, text: str, given: Mapping[str, Unit]) -> Expression:
        return parse(text, self.known, given, record, key, sets=self.sets)

    def _parameters(self, record: Record, terms: Terms | None) -> tuple[dict[str, Decimal], dict[str, Unit]]:
        values: dict[str, Decimal] = {}
        given: dict[str, Unit] = {}
        declared = record.find_record("parameters")
        entries = {name: declared.record(name) for name in declared} if declared is not None else {}
        limit = record.find_record("limit")
        if limit is not None:
            entries["limit"] = limit
        for name, entry in entries.items():
            given[name] = unit_at(entry)
            values[name] = (
                self._of_term(entry, given[name], terms) if "term" in entry else entry.number("value")
            )
            entry.done()
        return values, given

    def _of_term(self, entry: Record, unit: Unit, terms: Terms | None) -> Decimal:
        name = entry.text("term")
        term = None if terms is None else terms.find(name)
        if term is None:
            entry.fail(f"the product states no term “{name}”", "term")
        bound = entry.choice("bound", ("min", "max"), default="min")
        found = term.low if bound == "min" else term.high
        if found is None:
            entry.fail(f"the term “{name}” has no {bound}", "term")
        if term.kind.unit.dimension != unit.dimension:
            entry.fail(f"the term “{name}” is in {term.kind.unit.symbol}, not {unit.symbol}", "unit")
        return found * term.kind.unit.scale / unit.scale

    def product(self, record: Record, since: date, until: date | None, version: str) -> Product:
        product_id = record.text("id")
        dates = record.find_record("effective")
        if dates is not None:
            since, until = dates.day("from"), dates.find_day("to")
            dates.done()
            if until is not None and until < since:
                record.fail("the product ends before it begins", "effective")
        terms = self._terms(record)
        rules = self._terms_rules(record, terms)
        for name in record.texts("use"):
            if name not in self.rule_sets:
                record.fail(f"unknown rule set “{name}”; there are {', '.join(self.rule_sets)}", "use")
            rules.extend(self.rule_sets[name])
        rules.extend(self.rule(entry, terms) for entry in record.records("rules"))
        seen: set[str] = set()
        for rule in rules:
            if rule.id in seen:
                record.fail(f"duplicate rule “{rule.id}”", "rules")
            seen.add(rule.id)
        product = Product(
            id=product_id,
            title=record.words("title"),
            kind=self.words.kinds[record.choice("kind", self.words.kinds)],
            provider=record.words("provider"),
            effective_from=since,
            effective_to=until,
            terms=terms,
            stages=record.texts("stages"),
            rules=tuple(rules),
            documents=self._documents(record),
            reports=tuple(self._report(entry) for entry in record.records("reporting")),
            conditions=tuple(self._words(entry) for entry in record.records("conditions")),
            attaches_to=record.texts("attaches_to"),
            version=version,
        )
        if product.kind.add_on != bool(product.attaches_to):
            record.fail(
                "“attaches_to” belongs to guarantees, insurance and subsidies, and there it is needed"
            )
        record.done()
        return product

    def _documents(self, record: Record) -> tuple[Document, ...]:
        for name in record.texts("documents"):
            if name not in self.known.documents:
                record.fail(
                    f"unknown document “{name}”; there are {', '.join(self.known.documents)}", "documents"
                )
        return tuple(self.known.documents[name] for name in record.texts("documents"))

    @staticmethod
    def _report(record: Record) -> Report:
        report = Report(record.words("what"), record.find_integer("months"))
        record.done()
        return report

    @staticmethod
    def _words(record: Record) -> Words:
        words = Words(record.text("zh"), record.text("en"))
        record.done()
        return words

    def _terms(self, record: Record) -> Terms:
        entry = record.record("terms")
        base = entry.find_text("base")
        if base is not None and base not in {rate.id for rate in self.words.rates}:
            entry.fail(f"unknown reference rate “{base}”", "base")
        ticket_of = entry.choice("ticket_of", ("financing_need", "asset_value"), default="financing_need")
        found: dict[str, Term] = {}
        for name in entry:
            if name not in ("base", "ticket_of"):
                if name not in self.words.terms:
                    entry.fail(f"unknown term “{name}”; there are {', '.join(self.words.terms)}", name)
                found[name] = self._term(entry, name, self.words.terms[name])
        entry.done()
        if (base is None) != ("spread" not in found):
            entry.fail("a base and a spread belong together", "base" if base else "spread")
        marks = [
            found[name].low for name in ("pledge_rate", "margin_call_at", "liquidation_at") if name in found
        ]
        if any(a is None or b is None or a >= b for a, b in pairwise(marks)):
            entry.fail("pledge rate, margin call and liquidation must rise in this order")
        collateral = record.texts("collateral")
        allowed = [choice.id for choice in self.known["collateral"].choices]
        for item in collateral:
            if item not in allowed:
                record.fail(f"unknown collateral “{item}”; there are {', '.join(allowed)}", "collateral")
        repayment = record.texts("repayment")
        for item in repayment:
            if item not in REPAYMENTS:
                record.fail(f"unknown repayment “{item}”; there are {', '.join(REPAYMENTS)}", "repayment")
        return Terms(found, base, ticket_of, repayment, collateral)

    @staticmethod
    def _term(entry: Record, name: str, kind: TermKind) -> Term:
        if kind.is_range:
            pair = entry.record(name)
            low, high = pair.find_number("min"), pair.find_number("max")
            pair.done()
            if low is None and high is None:
                entry.fail(f"“{name}” needs a min, a max or both", name)
        else:
            low = high = entry.number(name)
        for value in (low, high):
            if value is not None and not kind.least <= value <= kind.most:
                entry.fail(
                    f"“{name}” is {value} {kind.unit.symbol}; sensible is {kind.least} to {kind.most}", name
                )
        if low is not None and high is not None and low > high:
            entry.fail(f"“{name}” has its min above its max", name)
        return Term(kind, low, high)

    def _terms_rules(self, record: Record, terms: Terms) -> list[Rule]:
        rules: list[Rule] = []
        stages = record.texts("stages")
        if stages:
            quoted = ", ".join(f"'{stage}'" for stage in stages)
            rules.append(self._implied(record, "stage", _STAGE, f"stage in ({quoted},)", {}, "stages"))
        wan, month = units()["万元"], units()["month"]
        ticket, tenor = terms.find("ticket"), terms.find("tenor")
        bounds = (
            ("ticket_min", _LEAST, f"{terms.ticket_of} >= limit", ticket.low if ticket else None, wan, True),
            ("ticket_max", _MOST, f"{terms.ticket_of} <= limit", ticket.high if ticket else None, wan, False),
            ("tenor_min", _SHORT, "tenor >= limit", tenor.low if tenor else None, month, False),
            ("tenor_max", _LONG, "tenor <= limit", tenor.high if tenor else None, month, False),
        )
        for rule_id, title, text, limit, unit, hard in bounds:
            if limit is not None:
                given = {"limit": (limit, unit)}
                rules.append(self._implied(record, rule_id, title, text, given, "terms", hard))
        return rules

    def _implied(
        self,
        record: Record,
        rule_id: str,
        title: Words,
        text: str,
        parameters: Mapping[str, tuple[Decimal, Unit]],
        key: str,
        hard: bool = True,
    ) -> Rule:
        given = {name: unit for name, (_, unit) in parameters.items()}
        condition = self.expression(record, key, text, given)
        values = {name: value for name, (value, _) in parameters.items()}
        basis = self.terms_basis
        sure = basis[0].confidence
        return Rule(rule_id, title, hard, condition, None, condition, values, given, basis, sure)
