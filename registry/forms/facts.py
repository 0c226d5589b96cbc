"""Forms made from the fact dictionary: one field a fact, read by its specification."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, DateInput, ListWidget, TextArea, TextInput

from registry.forms.choices import SelectChoice
from registry.language import show
from scoring import carbon
from scoring.facts import FactSpec
from scoring.places import townships
from scoring.taxonomy import categories
from scoring.words import Words

INPUT_PREFIX = "input-"
LONG_CHOICE = 6


class _AnyChoice(RadioField):
    """Buttons without a default; a value that is no choice is read, and refused, by the specification."""

    def pre_validate(self, form: Any) -> None:
        return


class _AnySelect(SelectField):
    def pre_validate(self, form: Any) -> None:
        return


class _Ticks(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Any) -> None:
        return


class _DateText(StringField):
    """A date as text: what was typed is kept even when it is no date."""

    widget = DateInput()


def section_form(specs: Iterable[FactSpec], inputs: Iterable[FactSpec] = ()) -> type[FlaskForm]:
    """The form of one section: its facts, and the parameters of a methodology under `input-KEY`."""
    fields: dict[str, Any] = {"version": HiddenField()}
    for spec in specs:
        fields[spec.key] = _field(spec)
    for spec in inputs:
        fields[INPUT_PREFIX + spec.key] = _field(spec)
    return type("SectionForm", (FlaskForm,), fields)


def _field(spec: FactSpec) -> Field:
    label = show(spec.label)
    if spec.kind == "note":
        return TextAreaField(label, widget=TextArea(), render_kw={"rows": 4})
    if spec.kind == "date":
        return _DateText(label)
    if spec.kind == "flag":
        return _AnyChoice(
            label,
            choices=[
                SelectChoice("true", show(Words("是", "Yes"))),
                SelectChoice("false", show(Words("否", "No"))),
            ],
        )
    if spec.kind == "choice":
        choices = [SelectChoice(choice.id, show(choice.label)) for choice in spec.choices]
        if len(choices) > LONG_CHOICE:
            return _AnySelect(label, choices=[_empty(), *choices])
        return _AnyChoice(label, choices=choices)
    if spec.kind == "choices":
        return _Ticks(label, choices=[SelectChoice(choice.id, show(choice.label)) for choice in spec.choices])
    if spec.check in ("category", "township", "method"):
        return _AnySelect(label, choices=_coded_choices(spec.check))
    return StringField(label, widget=TextInput())


def _coded_choices(check: str) -> list[SelectChoice]:
    if check == "township":
        return [_empty(), *(SelectChoice(t.code, show(t.label)) for t in townships().values())]
    if check == "method":
        return [
            _empty(),
            *(SelectChoice(m.id, f"{show(m.title)} · {m.id}") for m in carbon.methods().values()),
        ]
    found = [_empty()]
    for category in categories().values():
        if category.active:
            group = f"{category.group} {show(category.group_label)}" if category.objective else None
            found.append(
                SelectChoice(category.code, f"{category.code} {show(category.label)}", optgroup=group)
            )
    return found


def _empty() -> SelectChoice:
    return SelectChoice("", show(Words("— 请选择 —", "— choose —")))


def fill(
    form: FlaskForm, facts: Mapping[str, Any], inputs: Mapping[str, Any], unread: Mapping[str, Any]
) -> None:
    """Show what is stored, and what was typed wrongly just as it was typed."""
    stored = {**facts, **{INPUT_PREFIX + key: value for key, value in inputs.items()}, **unread}
    for field in form:
        if field.name in stored:
            field.data = _shown(stored[field.name])


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, list) else str(value)


def typed(form: FlaskForm) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was typed: facts and parameters, as they came."""
    facts, inputs = {}, {}
    for field in form:
        if field.name in ("version", "csrf_token"):
            continue
        if field.name.startswith(INPUT_PREFIX):
            inputs[field.name.removeprefix(INPUT_PREFIX)] = field.data
        else:
            facts[field.name] = field.data
    return facts, inputs


def show_faults(form: FlaskForm, faults: Mapping[str, Words]) -> None:
    """Put each fault at its field."""
    for key, words in faults.items():
        if key in form:
            form[key].errors = [show(words)]
