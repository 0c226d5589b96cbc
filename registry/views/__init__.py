"""The pages, one file an audience."""

from flask import Flask

from registry.views import account, admin, bank, drawing, enterprise, public, releases, review


def init_app(app: Flask) -> None:
    drawing.init_app(app)
    for module in (public, account, enterprise, review, bank, releases, admin):
        app.register_blueprint(module.bp)
