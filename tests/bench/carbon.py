"""The carbon benefit in bulk and live: 100,000 mixed projects with bands, one estimate for the form.

Equal results come first: a sample of the columns must equal the single estimates. Times are processor times,
since machines are shared; the memory limit is the time to write and read the drawn numbers once.
"""

import time
from collections.abc import Iterator
from datetime import date
from statistics import median

import numpy as np

from scoring import carbon
from tests.bench import Measurement

TODAY = date(2026, 11, 1)
COUNT = 100_000
ALONE = 400
DRAWS = 1000
Project = tuple[str, dict[str, float]]


def projects(count: int, seed: int = 1) -> list[Project]:
    """Mixed projects in eight kinds of equal number; four are exact products, four need draws."""
    draw = np.random.default_rng(seed).random((count, 5))
    return [_project(place % 8, *map(float, row)) for place, row in enumerate(draw)]


def _project(kind: int, a: float, b: float, c: float, d: float, e: float) -> Project:
    return (
        lambda: (
            "beijing-dpv-behind-meter",
            {
                "capacity": 0.1 + 5 * a,
                "full_load_hours": 950 + 350 * b,
                "loss": 0.05 * c,
                "degradation": 0.006,
            },
        ),
        lambda: (
            "heat-pump",
            {"area": 1e4 + 9e4 * a, "heat": 0.2 + 0.2 * b, "eta_boiler": 0.9, "spf": 2.5 + 2 * c},
        ),
        lambda: (
            "cdm-ams-iii-c",
            {
                "vehicles": 1 + int(200 * a),
                "distance": 2e4 + 6e4 * b,
                "fuel": 25 + 15 * c,
                "electricity": 70 + 100 * d,
                "charging_eff": 0.9,
            },
        ),
        lambda: (
            "building-retrofit",
            {
                "area": 1e4 + 9e4 * a,
                "heat_old": 0.3 + 0.1 * b,
                "heat_new": 0.15 + 0.1 * c,
                "eta": 0.9,
                "el_old": 60 + 30 * d,
                "el_new": 40 + 15 * e,
            },
        ),
        lambda: (
            "data-centre",
            {
                "it_load": 1000 + 9000 * a,
                "utilisation": 0.4 + 0.4 * b,
                "pue_base": 1.4 + 0.3 * c,
                "pue_new": 1.15 + 0.15 * d,
            },
        ),
        lambda: ("cdm-acm0002", {"capacity": 10 + 90 * a, "full_load_hours": 1100 + 900 * b}),
        lambda: (
            "cdm-ams-ii-c",
            {
                "power": 50 + 400 * a,
                "hours": 3000 + 4000 * b,
                "load": 0.5 + 0.4 * c,
                "eta_old": 0.88,
                "eta_new": 0.95,
            },
        ),
        lambda: (
            "cdm-acm0001",
            {
                "ch4_generated": 500 + 3000 * a,
                "collection": 0.4 + 0.4 * b,
                "destruction": 0.98,
                "baseline_capture": 0.2,
                "electricity": 8000 * c,
                "aux_electricity": 500 * d,
            },
        ),
    )[kind]()


def run() -> Iterator[Measurement]:
    mixed = projects(COUNT)
    yield _agreement(mixed)
    together = min(_processor_seconds(lambda: carbon.estimate_many(mixed, on=TODAY)) for _ in range(3))
    alone = _alone(mixed)
    exact = float(carbon.estimate_many(mixed[:800], on=TODAY).exact.mean())
    rate, ratio = COUNT / together, alone * COUNT / together
    yield Measurement(
        "mixed projects with P10–P90, one run",
        rate,
        "projects/s",
        peer=f"{DRAWS} draws, {100 * exact:.0f} % exact",
    )
    yield Measurement(
        "ratio to a loop of estimates", ratio, "×", "≥ 100", f"{1 / alone:,.0f} projects/s", ratio >= 100
    )
    lean = _lean_loop(mixed)
    yield Measurement(
        "ratio to a bare loop that only draws",
        lean * COUNT / together,
        "×",
        peer=f"{1 / lean:,.0f} projects/s",
    )
    limit = _memory_seconds(COUNT * (1 - exact))
    yield Measurement(
        "share of the memory limit",
        limit / together,
        "of 1",
        peer=f"{limit:.2f} s to write and read the draws",
    )
    yield from _live(mixed)


def _agreement(mixed: list[Project]) -> Measurement:
    together = carbon.estimate_many(mixed[:80], on=TODAY)
    apart = 0.0
    for place, (method, inputs) in enumerate(mixed[:80]):
        found = carbon.estimate(method, inputs, on=TODAY)
        assert isinstance(found, carbon.Benefit)
        for name in ("annual", "p10", "p50", "p90", "conservative"):
            one, many = getattr(found, name), float(getattr(together, name)[place])
            apart = max(apart, abs(one - many) / abs(one))
    return Measurement(
        "largest difference to single estimates", apart, "relative", "≤ 1e-9", met=apart <= 1e-9
    )


def _alone(mixed: list[Project]) -> float:
    """Seconds a project in a loop of estimates."""

    def loop() -> None:
        for method, inputs in mixed[:ALONE]:
            carbon.estimate(method, inputs, on=TODAY)

    loop()
    return min(_processor_seconds(loop) for _ in range(3)) / ALONE


def _lean_loop(mixed: list[Project]) -> float:
    """Seconds a project when each is put through the columns alone: no steps, no remarks, no lifetime."""

    def loop() -> None:
        for project in mixed[:ALONE]:
            carbon.estimate_many([project], on=TODAY)

    loop()
    return min(_processor_seconds(loop) for _ in range(3)) / ALONE


def _memory_seconds(rows: float) -> float:
    """Seconds to write and read once what is drawn: rows × draws numbers, in blocks beyond the cache."""
    block = np.empty((2000, DRAWS))

    def pass_over() -> None:
        block.fill(1.0)
        block.sum()

    pass_over()
    return min(_processor_seconds(pass_over) for _ in range(5)) * rows / len(block)


def _live(mixed: list[Project]) -> Iterator[Measurement]:
    times = []
    for method, inputs in mixed[:2000]:
        start = time.process_time()
        carbon.estimate(method, inputs, on=TODAY)
        times.append(1000 * (time.process_time() - start))
    p99 = float(np.percentile(times, 99))
    yield Measurement(
        "one estimate with band, p99", p99, "ms", "≤ 5", f"median {median(times):.2f} ms", p99 <= 5
    )


def _processor_seconds(work: object) -> float:
    assert callable(work)
    start = time.process_time()
    work()
    return time.process_time() - start
