"""Overlap and double claims: the same project is found again, others are left alone."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import carbon
from scoring.carbon.claims import between
from scoring.carbon.overlap import pairs_of
from scoring.errors import InvalidFacts

ROOF = carbon.Site(
    "A1",
    "北京绿源科技有限公司厂房屋顶分布式光伏项目",
    39.902,
    116.656,
    national_code="2024-110112-44-03-123456",
    meters=frozenset({"M-001"}),
    equipment=frozenset({"INV-9"}),
    starts=date(2024, 1, 1),
    ends=date(2049, 1, 1),
)
OTHERS = [
    carbon.Site("B1", "漷县镇地源热泵供热工程", 39.80, 116.80),
    carbon.Site("B2", "副中心行政办公区能源站", 39.91, 116.73),
    carbon.Site("B3", "张家湾数据中心余热回收", 39.85, 116.70),
]


def found(site: carbon.Site) -> dict[str, carbon.Alarm]:
    return {alarm.site.id: alarm for alarm in carbon.Index([ROOF, *OTHERS]).find(site)}


def test_a_record_is_not_its_own_overlap() -> None:
    assert "A1" not in found(ROOF)


@pytest.mark.parametrize(
    ("site", "kind", "level"),
    [
        (carbon.Site("X", "别的名称", national_code=" 2024-110112-44-03-123456"), "national_code", "high"),
        (carbon.Site("X", "别的名称", meters=frozenset({"m-001"})), "meter", "high"),
        (carbon.Site("X", "别的名称", equipment=frozenset({"INV-9"})), "equipment", "high"),
        (carbon.Site("X", "绿源科技厂房屋顶分布式光伏"), "name", "high"),
        (carbon.Site("X", "北京绿源科技有限公司厂房屋顶分布式光伏工程"), "name", "high"),
        (carbon.Site("X", "别的名称", 39.9025, 116.6563), "place", "low"),
    ],
)
def test_each_sign_raises_its_alarm(site: carbon.Site, kind: str, level: str) -> None:
    alarm = found(site)["A1"]

    assert alarm.signs[0].kind == kind
    assert alarm.level == level
    assert alarm.signs[0].message.zh


def test_place_counts_within_200_metres_only() -> None:
    near = carbon.Site("X", "某项目", 39.902 + 190 / 111_195, 116.656)
    far = carbon.Site("X", "某项目", 39.902 + 210 / 111_195, 116.656)

    assert "A1" in found(near)
    assert "A1" not in found(far)


def test_signs_strengthen_each_other() -> None:
    place = carbon.Site("X", "某项目", 39.9021, 116.6561)
    both = carbon.Site("X", "绿源科技厂房屋顶光伏", 39.9021, 116.6561)

    assert found(both)["A1"].score > found(place)["A1"].score
    assert {sign.kind for sign in found(both)["A1"].signs} == {"place", "name"}


def test_other_phase_and_other_period_weigh_less() -> None:
    first = carbon.Site("P1", "宏业园区屋顶光伏一期", starts=date(2020, 1, 1), ends=date(2022, 1, 1))
    index = carbon.Index([first])

    same = index.find(carbon.Site("X", "宏业园区屋顶光伏一期", starts=date(2021, 1, 1)))[0]
    phase = index.find(carbon.Site("X", "宏业园区屋顶光伏二期", starts=date(2021, 1, 1)))
    later = index.find(carbon.Site("X", "宏业园区屋顶光伏一期", starts=date(2023, 1, 1)))[0]

    assert same.same_period is True
    assert later.same_period is False
    assert later.score < same.score
    assert all(alarm.score < same.score for alarm in phase)


def test_filler_words_do_not_make_names_alike() -> None:
    index = carbon.Index([carbon.Site("P1", "北京市通州区甲乙丙建设项目工程")])

    assert not index.find(carbon.Site("X", "北京市通州区丁戊己建设项目工程"))
    assert pairs_of("北京市通州区甲乙项目") == pairs_of("甲乙")


def test_index_of_nothing_finds_nothing() -> None:
    assert carbon.Index([]).find(ROOF) == ()


def test_external_list_is_known_and_rarely_cries_wolf() -> None:
    sites = carbon.external_sites()
    index = carbon.Index(sites)
    sample = sites[::20]

    loud = sum(any(a.level != "low" for a in index.find(site)) for site in sample)

    assert len(sites) == 3722
    assert loud / len(sample) < 0.08


@given(st.text(max_size=60), st.floats(-90, 90), st.floats(-180, 180))
@settings(max_examples=60, deadline=None)
def test_any_name_and_place_can_be_asked(name: str, latitude: float, longitude: float) -> None:
    alarms = carbon.Index([ROOF, *OTHERS]).find(carbon.Site("X", name, latitude, longitude))

    assert all(0 < alarm.score <= 1 for alarm in alarms)


def test_schemes_that_exclude_each_other_conflict_in_the_shared_years() -> None:
    claims = [
        carbon.Claim("P", "ccer", 2025, 2030),
        carbon.Claim("P", "gec", 2029, 2031),
        carbon.Claim("Q", "gec", 2025, 2031),
    ]

    found = carbon.conflicts(claims)

    assert [(c.project, c.year, c.verdict) for c in found] == [
        ("P", 2029, "conflict"),
        ("P", 2030, "conflict"),
    ]
    assert found[0].schemes == ("ccer", "gec")
    assert found[0].message.zh


def test_parts_beside_each_other_do_not_conflict() -> None:
    apart = [carbon.Claim("P", "ccer", 2025, 2025, 0.6), carbon.Claim("P", "gec", 2025, 2025, 0.4)]
    across = [carbon.Claim("P", "ccer", 2025, 2025, 0.7), carbon.Claim("P", "gec", 2025, 2025, 0.4)]

    assert carbon.conflicts(apart) == ()
    assert len(carbon.conflicts(across)) == 1


def test_same_scheme_twice_in_a_year_conflicts() -> None:
    found = carbon.conflicts([carbon.Claim("P", "ccer", 2025, 2026), carbon.Claim("P", "ccer", 2026, 2027)])

    assert [(c.year, c.schemes) for c in found] == [(2026, ("ccer",))]


def test_ledger_lists_every_project_year() -> None:
    ledger = carbon.ledger(
        [carbon.Claim("P", "ccer", 2025, 2027), carbon.Claim("P", "other_library", 2027, 2027)]
    )

    assert {key: len(held) for key, held in ledger.items()} == {
        ("P", 2025): 1,
        ("P", 2026): 1,
        ("P", 2027): 2,
    }


def test_declared_schemes_are_checked_without_years() -> None:
    assert [c.verdict for c in between({"ccer", "gec", "none"})] == ["conflict"]
    assert between({"none"}) == ()


@pytest.mark.parametrize(
    "claim",
    [
        carbon.Claim("P", "unknown", 2025, 2026),
        carbon.Claim("P", "ccer", 2026, 2025),
        carbon.Claim("P", "ccer", 2025, 2025, 0),
    ],
)
def test_impossible_claims_are_refused(claim: carbon.Claim) -> None:
    with pytest.raises(InvalidFacts):
        carbon.ledger([claim])
