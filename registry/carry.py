"""What was typed survives a session that ended: signed into the sign-in page, offered again afterwards."""

from typing import Any

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as BaseResponse

MAX_CARRIED = 200_000
VALID_SECONDS = 12 * 3600
# Secrets are typed anew rather than written into a page.
NEVER_CARRIED = frozenset({"csrf_token", "password", "old", "repeated", "code", "carried"})


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="carried-form")


def sign_in_again() -> Response | BaseResponse:
    """To the sign-in page; a form that was being sent goes along and is not lost."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    from registry.forms.accounts import SignInForm  # the form is needed only on this page

    carried = pack(request.full_path.rstrip("?"), request.form.to_dict(flat=False))
    rule = request.url_rule
    can_be_opened = rule is not None and "GET" in (rule.methods or ())
    page = render_template(
        "account/sign_in.html",
        form=SignInForm(formdata=None),
        carried=carried,
        interrupted=True,
        next_url=request.path if can_be_opened else None,
        demo_accounts=[],
    )
    return make_response(page, 401)


def pack(path: str, fields: dict[str, list[str]]) -> str:
    """The typed fields, signed; empty when there is nothing to carry, or too much."""
    kept = {name: values for name, values in fields.items() if name not in NEVER_CARRIED}
    if not kept:
        return ""
    packed = _serializer().dumps({"path": path, "fields": kept})
    text = packed if isinstance(packed, str) else packed.decode()
    return text if len(text) <= MAX_CARRIED else ""


def unpack(packed: str) -> tuple[str, dict[str, list[str]]] | None:
    """The path and the fields, when the signature holds and the page is of today."""
    try:
        found: dict[str, Any] = _serializer().loads(packed, max_age=VALID_SECONDS)
    except BadSignature:
        return None
    return found["path"], found["fields"]
