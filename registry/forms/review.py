"""What officers, departments, experts and panel members enter."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from registry.forms.choices import SelectChoice
from registry.language import show
from registry.services.reviews import REASONS
from scoring.words import Words


class ResolveForm(FlaskForm):
    outcome = RadioField(
        _l("认定"),
        [InputRequired(_l("请选择认定结果"))],
        choices=[SelectChoice("pass", _l("符合")), SelectChoice("fail", _l("不符合"))],
    )
    reason = TextAreaField(
        _l("理由"),
        [InputRequired(_l("请写明理由")), Length(min=5, max=2000, message=_l("理由须有 5–2,000 字"))],
        render_kw={"rows": 3},
    )


class StepForm(FlaskForm):
    """A step of the desk with a coded reason."""

    reason_code = SelectField(_l("理由"), [InputRequired(_l("请选择理由"))])
    note = TextAreaField(_l("说明"), [Length(max=2000)], render_kw={"rows": 3})
    version = HiddenField()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        choose = SelectChoice("", show(Words("— 请选择 —", "— choose —")))
        self.reason_code.choices = [choose, *(SelectChoice(code, show(w)) for code, w in REASONS.items())]


class OpinionForm(FlaskForm):
    outcome = RadioField(
        _l("意见"),
        [InputRequired(_l("请选择意见"))],
        choices=[
            SelectChoice("no_objection", _l("无意见")),
            SelectChoice("objection", _l("有意见，建议补正")),
        ],
    )
    comment = TextAreaField(_l("说明"), [Length(max=2000)], render_kw={"rows": 3})


class AssessmentForm(FlaskForm):
    conclusion = RadioField(
        _l("评估结论"),
        [InputRequired(_l("请选择结论"))],
        choices=[
            SelectChoice("confirmed", _l("确认减排效益测算")),
            SelectChoice("adaptation_confirmed", _l("确认适应效益（三步说明成立）")),
            SelectChoice("not_confirmed", _l("不能确认")),
        ],
    )
    comment = TextAreaField(
        _l("评估意见"),
        [InputRequired(_l("请写明评估意见")), Length(min=5, max=4000, message=_l("意见须有 5–4,000 字"))],
        render_kw={"rows": 4},
    )
    seen_hash = HiddenField()


class PanelForm(FlaskForm):
    no_conflict = BooleanField(_l("本人与申报单位及项目无利益关联"))
    recommendation = RadioField(
        _l("评审意见"),
        [InputRequired(_l("请选择意见"))],
        choices=[SelectChoice("list", _l("同意入库")), SelectChoice("reject", _l("不同意入库"))],
    )
    comment = TextAreaField(
        _l("理由"),
        [InputRequired(_l("请写明理由")), Length(min=5, max=4000, message=_l("理由须有 5–4,000 字"))],
        render_kw={"rows": 3},
    )


class ProposalForm(StepForm):
    outcome = RadioField(
        _l("决定"),
        [InputRequired(_l("请选择决定"))],
        choices=[SelectChoice("list", _l("拟入库，进入公示")), SelectChoice("reject", _l("不予入库"))],
    )


class WithdrawForm(FlaskForm):
    note = TextAreaField(_l("放弃的原因（选填）"), [Length(max=2000)], render_kw={"rows": 2})
