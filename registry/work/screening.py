"""Screening many applications again, for example after claims registered elsewhere were imported."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import permissions
from registry.models import Application, State, User
from registry.services import screenings
from registry.work.attempts import Progress

BEFORE_THE_DESK_DECIDES = frozenset({State.SUBMITTED, State.ACCEPTED})


def screen_applications(session: Session, args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """How many were screened, how many of these came to another verdict, how many were left alone.

    `args`: the ids `application_ids`, the moment `now` in ISO form, and `actor_id`, None for the system. An
    application that has left the screening stage keeps the screening that its review rests on.
    """
    actor = None if args["actor_id"] is None else session.get_one(User, args["actor_id"])
    counts = Counter(screened=0, changed=0, skipped=0)
    for application_id in args["application_ids"]:
        application = session.scalar(
            select(Application).where(Application.id == application_id).with_for_update(of=Application)
        )
        if application is None or application.state not in BEFORE_THE_DESK_DECIDES:
            counts["skipped"] += 1
            continue
        if actor is not None:
            permissions.check(actor, "application.screen", application)
        before = application.screening
        after = screenings.screen(session, application, actor=actor, now=datetime.fromisoformat(args["now"]))
        counts["screened"] += 1
        counts["changed"] += before is not None and before.verdict != after.verdict
    return dict(counts)
