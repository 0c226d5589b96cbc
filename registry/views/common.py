"""What views of several audiences share: fetching what one may see, paging, addresses of filters."""

from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request
from flask_login import current_user

from registry import permissions
from registry.database import Base, db
from registry.errors import NotFound

Record = TypeVar("Record", bound=Base)
PER_PAGE = 50


def fetch(model: type[Record], record_id: Any, action: str) -> Record:
    """The record, when this user may do `action` with it; raises NotFound otherwise, whichever the reason."""
    found = db.session.get(model, record_id)
    if found is None or not permissions.can(current_user, action, found):
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, for the pager."""

    page: int
    total: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def shown(self) -> list[int]:
        """The pages to offer: first, last, and those around the present one."""
        near = {1, self.page - 1, self.page, self.page + 1, self.pages}
        return sorted(page for page in near if 1 <= page <= self.pages)

    @property
    def first(self) -> int:
        return min(self.total, (self.page - 1) * self.per_page + 1)

    @property
    def last(self) -> int:
        return min(self.total, self.page * self.per_page)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page

    def url(self, page: int) -> str:
        return address(page=page)


def page_number() -> int:
    """The page asked for; anything else than a number from 1 on is page 1."""
    asked = request.args.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 7 and int(asked) > 0 else 1


def address(**changes: object) -> str:
    """This list with some of its filters changed; None removes one."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in changes]
    kept += [(k, str(v)) for k, v in changes.items() if v is not None]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: Any
    checked: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A filter group as the filters macro shows it."""

    name: str
    label: Any
    options: list[Option]
    multiple: bool = True


def chosen(name: str, allowed: Any) -> list[str]:
    """The values of a filter that exist; others in the address are ignored."""
    return [value for value in request.args.getlist(name) if value in allowed]


def search_text() -> str:
    """The search words, bounded."""
    return request.args.get("q", "").strip()[:60]
