"""Small editions made for the tests."""

from functools import cache
from pathlib import Path

from scoring import criteria
from scoring.criteria import Criteria

HEAD = """\
id: test
version: "1"
title: {zh: 测试, en: Test}
effective: {from: 2020-01-01, to: null}
basis:
  B: {issuer: 测试, title: 测试, status: proposed, confidence: low}
"""


def make(body: str, head: str = HEAD) -> Criteria:
    """An edition from the part below its head."""
    return criteria.read(head + body)


@cache
def everything() -> Criteria:
    """Every form the language has, in one edition."""
    return criteria.read(Path(__file__).with_name("everything.yaml"))


@cache
def many_gates(count: int) -> Criteria:
    """More gates than fit into 32 bits."""
    rows = [
        f"  - {{id: N{place}, title: {{zh: 门槛, en: gate}}, basis: B, "
        f'require: "equity / total_investment >= {place}/100"}}'
        for place in range(count)
    ]
    return make("gates:\n" + "\n".join(rows) + "\n")
