"""Signing in, joining, passwords, second factors and organisations."""

import unicodedata
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, ValidationError

from registry.language import show
from registry.models.accounts import ROLE_WORDS
from registry.passwords import MAX_LENGTH, MIN_LENGTH

_MAX_CARRIED = 250_000
REPLACED = "\N{REPLACEMENT CHARACTER}"  # stands where a NUL was typed


def _trimmed(value: str | None) -> str | None:
    return value.strip() if value else value


def printable(_form: Any, field: Any) -> None:
    """Refuse what cannot be seen: control characters, turned reading direction, and the mark of a NUL."""
    typed = field.data or ""
    if REPLACED in typed or any(unicodedata.category(one) in ("Cc", "Cf", "Cs") for one in typed):
        raise ValidationError(_l("含有看不见的控制字符，请删去后重新输入"))


def _text(label: Any, required: Any, length: int, **options: Any) -> StringField:
    checks = [DataRequired(required), Length(max=length, message=_l("内容太长，请缩短")), printable]
    return StringField(label, checks, filters=[_trimmed], **options)


def _email(label: Any) -> EmailField:
    checks = [DataRequired(_l("请填写邮箱")), Length(max=254, message=_l("内容太长，请缩短")), printable]
    return EmailField(label, checks, filters=[_trimmed])


def _new_password(label: Any, required: Any) -> PasswordField:
    return PasswordField(
        label,
        [InputRequired(required)],
        description=_l("至少 %(count)s 位；几个不相关的词最容易记。", count=MIN_LENGTH),
    )


class SignInForm(FlaskForm):
    email = _email(_l("邮箱"))
    password = PasswordField(
        _l("密码"), [InputRequired(_l("请填写密码")), Length(max=MAX_LENGTH, message=_l("内容太长，请缩短"))]
    )
    carried = HiddenField(validators=[Length(max=_MAX_CARRIED)])


class CodeForm(FlaskForm):
    code = _text(
        _l("验证码"), _l("请填写验证码"), 40, description=_l("打开手机上的验证器，输入本站的 6 位数字。")
    )
    carried = HiddenField(validators=[Length(max=_MAX_CARRIED)])


class JoinForm(FlaskForm):
    name = _text(_l("姓名"), _l("请填写姓名"), 60)
    password = _new_password(_l("设置密码"), _l("请设置密码"))
    repeated = PasswordField(_l("再输一次"), [EqualTo("password", _l("两次输入的密码不一致"))])


class PasswordForm(FlaskForm):
    old = PasswordField(_l("原密码"), [InputRequired(_l("请填写原密码"))])
    password = _new_password(_l("新密码"), _l("请填写新密码"))
    repeated = PasswordField(_l("再输一次新密码"), [EqualTo("password", _l("两次输入的密码不一致"))])


class InviteForm(FlaskForm):
    email = _email(_l("对方邮箱"))
    can_sign = BooleanField(_l("负责人（可签章提交和管理成员）"))


class OrganisationForm(FlaskForm):
    name = _text(_l("单位名称"), _l("请填写单位名称"), 120)
    uscc = _text(
        _l("统一社会信用代码"),
        _l("请填写 18 位代码"),
        40,
        description=_l("营业执照或机关赋码上的 18 位，按 GB 32100-2015 校验。"),
    )
    role = SelectField(_l("角色"))
    email = _email(_l("首位负责人的邮箱"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [("", _l("请选择")), *((str(r), show(words)) for r, words in ROLE_WORDS.items())]

    def validate_role(self, field: SelectField) -> None:
        if not field.data:
            raise ValidationError(_l("请选择角色"))


class EmptyForm(FlaskForm):
    """A button that changes something: only the token."""
