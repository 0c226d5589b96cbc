"""`registry demo`: migrate, fill once, serve."""

import time

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry import clock, jobs, migrating, supervisor
from registry.config import Settings
from registry.database import make_engine, writing
from registry.demo.cast import PASSWORD, demo_accounts
from registry.models import Application


def run(settings: Settings) -> None:
    """Serve the demonstration; the data of an earlier run are kept."""
    begun = time.monotonic()
    engine = make_engine(settings.database_url)
    if migrating.current(engine) != migrating.newest():
        migrating.upgrade(engine)
        jobs.migrate(settings)
    with Session(engine) as session:
        filled = session.scalar(select(func.count()).select_from(Application))
    if not filled:
        # Brings the whole engine with it; a demonstration that is filled starts without.
        from registry.demo import seed

        click.echo("Filling with demonstration data …")
        with writing(engine) as session:
            seed.fill(session, today=clock.today())
        click.echo(f"filled in {time.monotonic() - begun:.1f} s")
    engine.dispose()
    supervisor.run(settings, on_ready=lambda: _announce(settings))


def _announce(settings: Settings) -> None:
    """The address and one account per role, once the pages answer."""
    click.echo(f"\n气候投融资项目库演示（数据均为虚构）  {settings.public_url}\n")
    for email, role in demo_accounts():
        click.echo(f"  {email:<34} {PASSWORD}   {role.zh} {role.en}")
    click.echo("\nCtrl+C ends it. `./run registry clear-demo` removes the demonstration data.\n")
