"""The administrator's pages: organisations and their people, background jobs, the audit chain, editions."""

from registry.views.admin import audit, editions, jobs, organisations
from registry.views.admin.blueprint import bp

__all__ = ["audit", "bp", "editions", "jobs", "organisations"]
