"""What the administrator's pages are registered on."""

from flask import Blueprint

bp = Blueprint("admin", __name__)
