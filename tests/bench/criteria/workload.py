"""Random projects for the benchmark: 30 facts, 5 % missing, whole amounts so that no tie is rounded."""

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from scoring import criteria
from scoring.criteria import Criteria

ON = date(2026, 3, 31)
MISSING = 0.05
CHOICES = {
    "stage": ["planning", "permits", "construction", "operation"],
    "fossil_activity": ["none", "extraction", "coal_power", "fossil_supply", "coupled_heating", "gas_chp"],
    "two_highs_sector": ["none", "coal_power", "petrochemical", "chemical", "steel", "nonferrous"],
    "env_credit_grade": ["green", "blue", "yellow", "red", "unrated"],
    "climate_objective": ["mitigation", "adaptation", "dual"],
    "method_class": ["national", "industry", "local", "own"],
}
WEIGHTS = {
    "fossil_activity": [0.8, 0.02, 0.02, 0.02, 0.12, 0.02],
    "two_highs_sector": [0.75, 0.05, 0.05, 0.05, 0.05, 0.05],
}
FLAGS = {
    "capacity_addition": 0.15,
    "ban_list_hit": 0.03,
    "government_linked": 0.3,
    "consent_public": 0.97,
    "metered": 0.6,
    "verified_independently": 0.4,
    "disclosure_quarterly": 0.5,
}
DATES = {"established_on": (0, 9000), "credit_report_on": (0, 110)}
NUMBERS = [
    "total_investment",
    "equity",
    "committed_loans",
    "received_funds",
    "financing_need",
    "benefit_central",
    "benefit_lifetime",
    "project_life",
    "heat_renewable_share",
    "dscr_min",
    "irr",
    "private_share",
    "annual_energy",
    "annual_electricity",
    "intensity_fall",
]


@cache
def rules() -> Criteria:
    return criteria.read(Path(__file__).with_name("rules.yaml"))


def frame(rows: int, seed: int = 7) -> pd.DataFrame:
    """The projects as a frame in the usual types: float64, boolean, category, datetime64."""
    chance = np.random.default_rng(seed)
    total = np.rint(np.exp(chance.normal(9, 1.2, rows)))
    equity = np.rint(total * chance.uniform(0.1, 0.5, rows))
    loans = np.rint(total * chance.uniform(0, 0.3, rows))
    central = np.rint(np.exp(chance.normal(7, 1.5, rows))) - 3
    numbers = {
        "total_investment": total,
        "equity": equity,
        "committed_loans": loans,
        "received_funds": np.rint(total * chance.uniform(0, 0.1, rows)),
        "financing_need": np.rint((total - equity - loans) * chance.uniform(0.6, 1.05, rows)),
        "benefit_central": central,
        "benefit_lifetime": central * 20,
        "project_life": np.rint(chance.uniform(10, 30, rows)),
        "heat_renewable_share": np.rint(chance.uniform(30, 100, rows)),
        "dscr_min": np.rint(chance.uniform(90, 170, rows)) / 100,
        "irr": np.rint(chance.uniform(0, 120, rows)) / 10,
        "private_share": np.rint(chance.uniform(0, 100, rows)),
        "annual_energy": np.rint(chance.uniform(0, 1200, rows)),
        "annual_electricity": np.rint(chance.uniform(0, 6000, rows)),
        "intensity_fall": np.rint(chance.uniform(-10, 60, rows)) / 10,
    }
    columns = {}
    for name in NUMBERS:
        values = numbers[name]
        values[chance.random(rows) < MISSING] = np.nan
        columns[name] = values
    for name, (low, high) in DATES.items():
        days = np.datetime64(ON) - chance.integers(low, high, rows).astype("timedelta64[D]")
        days = days.astype("datetime64[s]")
        days[chance.random(rows) < MISSING] = np.datetime64("NaT")
        columns[name] = days
    for name, share in FLAGS.items():
        columns[name] = pd.arrays.BooleanArray(chance.random(rows) < share, chance.random(rows) < MISSING)
    for name, labels in CHOICES.items():
        codes = chance.choice(len(labels), rows, p=WEIGHTS.get(name)).astype(np.int8)
        codes[chance.random(rows) < MISSING] = -1
        columns[name] = pd.Categorical.from_codes(codes, labels)
    return pd.DataFrame(columns, copy=False)


def bytes_in() -> int:
    """What one project takes in memory: numbers and dates 8, nullable booleans 2, categories 1."""
    return 8 * (len(NUMBERS) + len(DATES)) + 2 * len(FLAGS) + len(CHOICES)
