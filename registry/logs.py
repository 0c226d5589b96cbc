"""One JSON line per event, in UTC, without personal data."""

import logging
import sys

import structlog

from registry.config import Settings


def configure(settings: Settings) -> None:
    level = logging.WARNING if settings.mode in ("test", "demo") else logging.INFO
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=settings.mode != "test",
    )
