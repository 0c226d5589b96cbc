"""The pages, one file an audience."""

from flask import Flask

from registry.views import account, admin, bank, enterprise, public, releases, review


def init_app(app: Flask) -> None:
    for module in (public, account, enterprise, review, bank, releases, admin):
        app.register_blueprint(module.bp)
