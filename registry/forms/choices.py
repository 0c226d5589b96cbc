"""The option of a select or radio field."""

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs

__all__ = ["SelectChoice"]
