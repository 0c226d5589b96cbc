"""Signing in, joining, passwords and second factors."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from registry.passwords import MAX_LENGTH, MIN_LENGTH


class SignInForm(FlaskForm):
    email = EmailField(_l("邮箱"), [InputRequired(_l("请填写邮箱")), Length(max=254)])
    password = PasswordField(_l("密码"), [InputRequired(_l("请填写密码")), Length(max=MAX_LENGTH)])
    carried = HiddenField()


class CodeForm(FlaskForm):
    code = StringField(
        _l("6 位验证码或恢复码"),
        [InputRequired(_l("请填写验证码")), Length(max=20)],
        description=_l("打开手机上的验证器，输入本站的 6 位数字。"),
    )


class JoinForm(FlaskForm):
    name = StringField(_l("姓名"), [InputRequired(_l("请填写姓名")), Length(max=60)])
    password = PasswordField(
        _l("设置密码"),
        [InputRequired(_l("请设置密码"))],
        description=_l("至少 %(count)s 位；几个不相关的词最容易记。", count=MIN_LENGTH),
    )
    repeated = PasswordField(_l("再输一次"), [EqualTo("password", _l("两次输入的密码不一致"))])


class PasswordForm(FlaskForm):
    old = PasswordField(_l("原密码"), [InputRequired(_l("请填写原密码"))])
    password = PasswordField(
        _l("新密码"),
        [InputRequired(_l("请填写新密码"))],
        description=_l("至少 %(count)s 位；几个不相关的词最容易记。", count=MIN_LENGTH),
    )
    repeated = PasswordField(_l("再输一次新密码"), [EqualTo("password", _l("两次输入的密码不一致"))])


class InviteForm(FlaskForm):
    email = EmailField(_l("对方邮箱"), [InputRequired(_l("请填写邮箱")), Length(max=254)])
    can_sign = BooleanField(_l("负责人（可签章提交和管理成员）"))


class OrganisationForm(FlaskForm):
    name = StringField(_l("单位名称"), [InputRequired(_l("请填写单位名称")), Length(max=120)])
    uscc = StringField(_l("统一社会信用代码"), [InputRequired(_l("请填写 18 位代码")), Length(max=40)])
    role = SelectField(_l("角色"))
    email = EmailField(_l("首位负责人的邮箱"), [InputRequired(_l("请填写邮箱")), Length(max=254)])


class EmptyForm(FlaskForm):
    """A button that changes something: only the token."""
