"""Filing a real project by typing: the same answers as everywhere in the tests, through the form itself."""

from datetime import timedelta
from typing import Any

from registry import clock
from tests.e2e.visitors import Visitor
from tests.projects import PV_INPUTS, PV_PLANT


def fill_sections(owner: Visitor, *, scripted: bool = True) -> str:
    """Begin an application and answer every section; the path of its task list."""
    owner.open("/applications/")
    owner.press("新建申报")
    path = owner.path
    for section, answers in PV_PLANT.items():
        owner.open(f"{path}/sections/{section}")
        typed: dict[str, Any] = dict(answers)
        if "credit_report_on" in typed:  # has to be fresh on the day of filing, which here is today
            typed["credit_report_on"] = (clock.today() - timedelta(days=20)).isoformat()
        if not owner.page.locator("main form").count():
            continue  # nothing to answer in this section
        waiting = {name for name, value in typed.items() if not owner.answer(name, value)}
        if section == "benefit":
            owner.press("保存，留在本页")  # the parameters appear once the method is known
            waiting |= {f"input-{key}" for key in PV_INPUTS}
            typed |= {f"input-{key}": value for key, value in PV_INPUTS.items()}
            waiting = {name for name in waiting if not owner.answer(name, typed[name])}
        assert not waiting, f"{section} does not ask {waiting}"
        owner.choose("done", "1")
        if scripted:
            owner.shoot(f"section-{section}", narrow=section in ("finance", "benefit"))
        owner.press("保存并返回清单")
        assert owner.path == path, owner.words()
    return path
