"""The page frame and the macros, rendered alone, without an application around them."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from registry import charts
from scoring import criteria
from scoring.criteria import Verdict
from scoring.facts import dictionary
from scoring.words import Words

TEMPLATES = Path(__file__).parents[2] / "templates"
IMPORTS = '{% import "macros/forms.html" as forms %}{% import "macros/components.html" as ui %}'


@cache
def environment(language: str = "zh") -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.update(
        _=lambda text, **values: text % values if values else text,
        url_for=lambda endpoint, **values: f"/static/{values.get('filename', '')}",
        get_flashed_messages=lambda **options: [("warn", "先保存")],
        charts=charts.speaking(lambda: language),
    )
    made.filters["words"] = lambda words: words.in_language(language)
    return made


def rendered(source: str, **context: Any) -> str:
    return environment().from_string(IMPORTS + source).render(**context)


class SectionForm(Form):
    total_investment = StringField(validators=[InputRequired("请填写总投资")])
    nature = RadioField(
        choices=[SelectChoice("new", "新建"), SelectChoice("retrofit", "改造")],
        validators=[InputRequired("请选择")],
    )
    permits_held = SelectMultipleField(
        choices=[SelectChoice("none", "尚无"), SelectChoice("eia", "环评批复")]
    )
    agree = BooleanField("同意公开", validators=[InputRequired("请勾选")])


def refused() -> SectionForm:
    form = SectionForm(MultiDict())
    form.validate()
    return form


FIELDS = "".join(
    f"{{{{ forms.field(form.{key}, specs.get('{key}')) }}}}"
    for key in ("total_investment", "nature", "permits_held", "agree")
)


def test_every_line_of_the_error_summary_leads_to_a_control_with_the_same_words():
    page = rendered("{{ forms.error_summary(form) }}" + FIELDS, form=refused(), specs=dictionary().specs)

    lines = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', page)
    assert [target for target, _ in lines] == ["total_investment", "nature", "agree"]
    for target, words in lines:
        assert len(re.findall(rf'<input[^>]*\bid="{target}"', page)) == 1
        assert re.search(rf'id="{target}-error">.*?{words}</span>', page)


def test_what_describes_a_control_is_on_the_page():
    page = rendered(FIELDS, form=refused(), specs=dictionary().specs)

    named = " ".join(re.findall(r'aria-describedby="([^"]+)"', page)).split()
    assert named
    assert [name for name in named if f'id="{name}"' not in page] == []
    assert page.count("<label") == page.count("<input")


def test_a_fact_brings_its_label_unit_and_bounds():
    page = rendered(
        "{{ forms.field(form.total_investment, specs.total_investment) }}",
        form=SectionForm(),
        specs=dictionary().specs,
    )

    assert '<label class="label" for="total_investment">总投资</label>' in page
    assert "<span>万元</span>" in page
    assert "可填 0 – " in page


def test_a_locked_field_has_no_control():
    form = SectionForm(MultiDict({"total_investment": "4200"}))

    page = rendered(
        "{{ forms.field(form.total_investment, specs.total_investment, locked=true) }}",
        form=form,
        specs=dictionary().specs,
    )

    assert "<input" not in page
    assert "4200 万元" in page


def test_entries_are_kept_and_escaped():
    form = SectionForm(MultiDict({"total_investment": '"><script>alert(1)</script>', "nature": "retrofit"}))

    page = rendered(FIELDS, form=form, specs=dictionary().specs)

    assert "<script" not in page
    assert 'value="retrofit" checked' in page


@pytest.mark.parametrize("verdict", list(Verdict))
def test_tags_say_the_words_of_the_engine(verdict):
    assert f"{verdict.label.zh}</span>" in rendered("{{ ui.tag(verdict) }}", verdict=verdict)


def test_findings_show_a_verdict_or_points_and_the_nearest_fix():
    edition = criteria.in_force(date(2026, 11, 24))
    explained = criteria.evaluate({"project_name": "示例"}, edition, on=date(2026, 11, 24)).explain()

    page = rendered("<ul>{% for e in explained %}{{ ui.finding(e) }}{% endfor %}</ul>", explained=explained)

    assert page.count("<li>") == len(explained)
    assert page.count("材料不足</span>") == sum(e.verdict == Verdict.INSUFFICIENT for e in explained) > 0
    undecided = [e for e in explained if e.verdict is None and e.points is None]
    assert page.count('<span class="num">— / ') == len(undecided) > 0


def test_an_estimate_without_a_value_says_why_and_shows_no_zero():
    page = rendered("{{ ui.estimate(none, missing=why) }}", why=Words("还缺装机容量", "Capacity is missing"))

    assert "还缺装机容量" in page
    assert re.sub(r"<[^>]+>", "", page).count("0") == 0


def test_an_estimate_shows_its_median_and_interval():
    page = rendered("{{ ui.estimate(benefit) }}", benefit=SimpleNamespace(p10=16900, p50=18673, p90=20400))

    assert re.search(r'class="big">18,700 <span class="u">tCO₂e/年', page)
    assert "P10 16,900" in page


def test_an_unanswered_question_is_said_in_words():
    assert "未提供" in rendered("{{ ui.summary_list([('信用报告', none, '/x')]) }}")


def test_pager_keeps_first_last_and_neighbours():
    pages = SimpleNamespace(
        page=5, pages=9, shown=[1, 4, 5, 6, 9], total=108, first=49, last=60, url=lambda n: f"?page={n}"
    )

    page = rendered("{{ ui.pager(pages) }}", pages=pages)

    assert re.findall(r'href="\?page=(\d)"', page) == ["4", "1", "4", "6", "9", "6"]
    assert "49 – 60，共 108 条" in page


# ---- the frame


def test_the_frame_shows_navigation_language_and_messages():
    page = (
        environment()
        .from_string('{% extends "base.html" %}{% block content %}<h1>内容</h1>{% endblock %}')
        .render(
            locale="zh",
            navigation=[SimpleNamespace(label="项目库", url="/entries", current=True)],
            language_url=lambda language: f"/entries?lang={language}",
            demo_data=True,
        )
    )

    assert '<html lang="zh-CN">' in page
    assert '<a href="/entries" aria-current="page">项目库</a>' in page
    assert 'href="/entries?lang=en" lang="en"' in page
    assert "演示数据" in page
    assert "先保存" in page
    assert page.count("<h1>") == 1


def test_columns_appear_only_with_something_beside_the_content():
    base = '{% extends "base.html" %}{% block content %}<h1>内容</h1>{% endblock %}'

    alone = environment().from_string(base).render()
    beside = environment().from_string(base + "{% block aside %}<p>旁注</p>{% endblock %}").render()

    assert "<aside" not in alone
    assert '<div class="cols cols-side">' in beside


def test_a_refused_form_marks_the_title():
    source = '{% extends "base.html" %}{% block title %}测算{% endblock %}'

    assert "<title>错误：测算 ·" in environment().from_string(source).render(form=refused())
    assert "<title>测算 ·" in environment().from_string(source).render(form=SectionForm())


@pytest.mark.parametrize("code", [400, 403, 404, 409, 413, 422, 429, 500, 503, 418, 507])
def test_error_pages_say_what_to_do_and_carry_the_request_number(code):
    page = environment().get_template("errors/error.html").render(code=code, request_id="E7F21")

    assert f'<p class="n">{code}</p>' in page
    assert "E7F21" in page
    assert len(re.findall(r"<p>[^<]{6,}</p>", page.split("<main")[1].split("</main>")[0])) == 2


def test_error_pages_of_a_broken_system_ask_for_no_user():
    class Lost:
        @property
        def is_authenticated(self) -> bool:
            raise ConnectionError("no database")

    page = (
        environment().get_template("errors/error.html").render(code=500, current_user=Lost(), request_id="E1")
    )

    assert "系统出错了" in page
