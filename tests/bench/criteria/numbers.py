"""The numbers of rules.yaml, as each peer's own rules use them."""

from datetime import date, timedelta

from tests.bench.criteria.workload import ON

FOUNDED_BY = ON - timedelta(days=365)
REPORT_SINCE = ON - timedelta(days=90)
FOSSIL = ["extraction", "coal_power", "fossil_supply"]
EARLY = ["planning", "permits"]
STAGE = {"planning": 1.0, "permits": 3.0, "construction": 6.0, "operation": 8.0}
METHOD = {"national": 8.0, "industry": 7.0, "local": 3.0, "own": 2.0}
CREDIT = {"green": 6.0, "blue": 4.0, "unrated": 2.0, "yellow": 1.0, "red": 0.0}
GRADES = (50.0, 65.0, 80.0)
EPOCH = date(1970, 1, 1)

# knots of the curves C01, C02, C03, C08, C11
YIELD = [(0.0, 0.0), (5.0, 4.0), (20.0, 14.0)]
SCALE = [(0.0, 0.0), (1000.0, 7.0), (5000.0, 12.0)]
INTENSITY = [(0.0, 0.0), (4.0, 8.0)]
RETURN = [(2.0, 0.0), (6.0, 7.0), (10.0, 10.0)]
PRIVATE = [(20.0, 0.0), (50.0, 6.0)]
