"""The application, put together."""

import os

from flask import Flask

from registry import access, config, database, filters, language, logs, navigation, refusals, views, web
from registry.config import ROOT, Settings
from registry.database import db


def create_app(settings: Settings) -> Flask:
    """The application, ready to serve: database, languages, access, pages."""
    app = web.RegistryApp(
        __name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "registry" / "static")
    )
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(settings.database_url),
        SESSION_COOKIE_NAME="__Host-form" if settings.secure_cookies else "form",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        TESTING=settings.mode == "test",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    logs.configure(settings)
    db.init_app(app)
    with app.app_context():
        database.prepare(db.engine)
    web.init_app(app)
    language.init_app(app)
    filters.init_app(app)
    refusals.init_app(app)
    access.init_app(app)
    navigation.init_app(app)
    views.init_app(app)
    return app


def from_environment() -> Flask:
    """The application with the settings of this process's environment."""
    return create_app(config.from_environment(os.environ))
