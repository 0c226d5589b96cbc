"""What banks and index officers enter."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp
from wtforms.widgets import DateInput

from scoring.facts import FactSpec
from scoring.units import units
from scoring.words import Words

AMOUNT = FactSpec("amount", "finance", "money", Words("金额", "Amount"), unit=units()["万元"])


class ContractForm(FlaskForm):
    product_id = SelectField(_l("产品"), [InputRequired(_l("请选择产品"))])
    signed_on = StringField(_l("签约日期"), [InputRequired(_l("请填写签约日期"))], widget=DateInput())
    signed = DecimalField(
        _l("签约金额（万元）"), [InputRequired(_l("请填写签约金额，只填数字")), NumberRange(min=0)], places=2
    )
    drawn = DecimalField(
        _l("已提款（万元）"), [InputRequired(_l("请填写已提款金额，没有填 0")), NumberRange(min=0)], places=2
    )
    rate_percent = DecimalField(
        _l("年利率（%）"), [InputRequired(_l("请填写年利率")), NumberRange(min=0, max=36)], places=2
    )


class PeriodForm(FlaskForm):
    period = StringField(
        _l("季度"),
        [InputRequired(_l("请填写季度")), Regexp(r"20\d\dQ[1-4]\Z", message=_l("季度写成 2026Q3 的形式"))],
        description=_l("例如 2026Q3；只能编制已经结束的季度。"),
    )


class IndicatorForm(PeriodForm):
    leaf = SelectField(_l("指标"), [InputRequired(_l("请选择指标"))])
    unit = SelectField(_l("区域"), [InputRequired(_l("请选择区域"))])
    value = DecimalField(_l("数值"), [InputRequired(_l("请填写数值，只填数字"))], places=None)
    source = StringField(_l("数据来源"), [InputRequired(_l("请写明数据来源")), Length(min=5, max=400)])
