"""What both back ends compute, in one order: conditions of gates, parts of criteria, the sheet."""

from dataclasses import dataclass
from decimal import Decimal

from scoring.criteria.edition import Clause, Criteria, Gate, Scored
from scoring.criteria.nodes import Node, Or, negate, settle_negations


@dataclass(frozen=True, slots=True)
class Requirement:
    """A clause as one condition: it does not apply, or it is met."""

    condition: Node
    otherwise: str


def requirement(clause: Clause) -> Requirement:
    require = settle_negations(clause.require.root)
    if clause.applies is not None:
        require = Or((negate(clause.applies.root), require))
    return Requirement(require, clause.otherwise)


def applies(gate: Gate) -> Node | None:
    return None if gate.applies is None else settle_negations(gate.applies.root)


def reach(criterion: Scored) -> tuple[Decimal, Decimal]:
    """The least and most the parts of a criterion can give before it is kept within 0 and its full points."""
    lows, highs = [], []
    for part in criterion.parts:
        values = [part.points, Decimal(0)]
        values += [knot.points for knot in part.knots]
        values += list(part.choices.values())
        if part.kind == "curve" and part.when is None and criterion.missing == "unknown":
            values.remove(Decimal(0))
        lows.append(min(values))
        highs.append(max(values))
    if criterion.combine == "highest":
        return max(lows), max(highs)
    return sum(lows, Decimal(0)), sum(highs, Decimal(0))


def may_need_settling(criterion: Scored, edition: Criteria) -> bool:
    """Whether its points can have more decimals than the sheet shows."""
    decimals = edition.points_decimals
    if decimals is None:
        return False
    fixed = [
        value
        for part in criterion.parts
        for value in (part.points, *part.choices.values(), *(knot.points for knot in part.knots))
    ]
    smooth = any(part.kind in ("curve", "logarithm") for part in criterion.parts)
    return smooth or any(value != round(value, decimals) for value in fixed)


def untracked(edition: Criteria) -> tuple[int, ...]:
    """The places of the criteria that belong to no track."""
    grouped = (
        {member for track in edition.tracks.alternatives for member in track.criteria}
        if edition.tracks
        else set()
    )
    return tuple(index for index, criterion in enumerate(edition.criteria) if criterion.id not in grouped)


def tracked(edition: Criteria) -> tuple[tuple[Node, tuple[int, ...]], ...]:
    """Each track's condition and the places of its criteria."""
    if edition.tracks is None:
        return ()
    places = {criterion.id: index for index, criterion in enumerate(edition.criteria)}
    return tuple(
        (settle_negations(track.when.root), tuple(places[member] for member in track.criteria))
        for track in edition.tracks.alternatives
    )
