"""The kinds of background work there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.work.attempts import Body
from registry.work.audit_chain import verify_audit
from registry.work.screening import screen_applications
from scoring.words import Words


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work. Its body receives (session, args, progress) and returns what the job's row keeps.

    Without `each` the body only reads: it may take long, and it may run again after a crash, for nothing
    counts but the result. With `each`, the name of a list among its arguments, the body writes: it is
    called with one piece of the list after the other, each in a short transaction that counts once, and
    returns counts, which are added up.
    """

    words: Words
    body: Body
    each: str | None = None


KINDS: Mapping[str, Kind] = {
    "screen_applications": Kind(
        Words("重新初筛", "Screen applications again"), screen_applications, each="application_ids"
    ),
    "verify_audit": Kind(Words("校验审计链", "Verify the audit chain"), verify_audit),
}
