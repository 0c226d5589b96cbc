"""The command line: `registry COMMAND`."""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from registry import config
from registry.config import InvalidSettings, Settings
from registry.errors import RegistryError


def _settings() -> Settings:
    try:
        settings = config.from_environment(os.environ)
    except InvalidSettings as error:
        raise click.ClickException("\n".join(error.problems)) from error
    settings.instance.mkdir(parents=True, exist_ok=True)
    return settings


class _Group(click.Group):
    """Tells what the registry refuses in a line instead of a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except InvalidSettings as error:
            raise click.ClickException("\n".join(error.problems)) from error
        except RegistryError as error:
            raise click.ClickException(f"{error.words.zh} {error.words.en}") from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """气候投融资项目库 — the climate investment-and-financing project registry."""


@main.command()
@click.option(
    "--to", "target", default="head", show_default=True, help="A migration's number, head, or base."
)
@click.option("--down", is_flag=True, help="Migrate down to --to.")
def migrate(target: str, down: bool) -> None:
    """Bring the database to a numbered state."""
    from registry import jobs, migrating
    from registry.database import make_engine

    settings = _settings()
    engine = make_engine(settings.database_url)
    if down:
        migrating.downgrade(engine, target)
    else:
        migrating.upgrade(engine, target)
        if target == "head":
            jobs.migrate(settings)
    click.echo(f"database at {migrating.current(engine) or 'base'}")


@main.command()
def serve() -> None:
    """Serve the web pages and run one worker beside them, restarted when it dies."""
    from registry import supervisor

    supervisor.run(_settings())


@main.command()
@click.option(
    "--slot", default="w1", show_default=True, help="The fixed name of this worker; one process a name."
)
def worker(slot: str) -> None:
    """Run background jobs until stopped."""
    from registry import jobs

    jobs.run_worker(_settings(), slot)


@main.command()
def demo() -> None:
    """Migrate, fill with demonstration data if empty, and serve."""
    from registry.demo import command

    os.environ.setdefault("REGISTRY_MODE", "demo")
    command.run(_settings())


@main.command("clear-demo")
@click.confirmation_option(prompt="Remove every demonstration record?")
def clear_demo() -> None:
    """Remove every demonstration record, and nothing else."""
    from registry.database import make_engine, writing
    from registry.demo import removal

    with writing(make_engine(_settings().database_url)) as session:
        click.echo(f"removed {removal.remove(session)} records")


@main.command("import-claims")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_claims(file: Path) -> None:
    """Import a CSV of reductions registered elsewhere, to find double claims."""
    from registry.database import make_engine, writing
    from registry.services import claims

    with writing(make_engine(_settings().database_url)) as session:
        click.echo(f"imported {claims.import_csv(session, file.read_bytes())} claims")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--edition", help="A version (2026.1) or RULE-SET@VERSION; the one in force unless given.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day to screen for; today unless given.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where the report goes."
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def screen(file: Path, edition: str | None, on: datetime | None, out: Path, language: str) -> None:
    """Screen a file of projects: .xlsx with reasons and fixes, .csv or .parquet by columns."""
    from registry import clock, screening
    from scoring.errors import ScoringError

    day = on.date() if on else clock.today()
    try:
        chosen = screening.find_edition(edition, day)
        if file.suffix.lower() in screening.WORKBOOKS:
            found = screening.screen_workbook(file, out, chosen, on=day, language=language)
        elif file.suffix.lower() in screening.TABLES:
            found = screening.screen_table(file, out, chosen, on=day)
        else:
            raise click.ClickException(f"“{file.name}” is none of .xlsx, .csv, .parquet")
    except ScoringError as error:
        raise click.ClickException(str(error)) from error
    except RegistryError as error:
        raise click.ClickException(f"{error.words.zh} {error.words.en}") from error
    for fault in found.faults:
        click.echo(fault.words.in_language(language), err=True)
    counts = ", ".join(f"{name} {count}" for name, count in sorted(found.verdicts.items()))
    click.echo(f"{found.rows} projects ({counts}), {len(found.faults)} faulty cells → {out}")


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def template(file: Path, language: str) -> None:
    """Write the workbook that an enterprise fills in, made from the fact dictionary."""
    from registry import clock
    from registry.reports.template import template_workbook
    from scoring.facts import dictionary

    specs = [spec for spec in dictionary().values() if spec.entered_by == "applicant"]
    file.write_bytes(template_workbook(specs, made_on=clock.today(), language=language))
    click.echo(str(file))


@main.group()
def audit() -> None:
    """The chain of audit events."""


@audit.command("verify")
def audit_verify() -> None:
    """Walk the chain; exit 0 when it holds, 1 when an event was changed, removed or reordered."""
    from sqlalchemy.orm import Session

    from registry import audit as chain
    from registry.database import make_engine

    with Session(make_engine(_settings().database_url)) as session:
        found = chain.verify(session)
    click.echo(found.fault or f"{found.events} events, the chain holds")
    sys.exit(0 if found.ok else 1)


@main.command()
def states() -> None:
    """Print the states and transitions as a Mermaid diagram."""
    from registry import workflow

    click.echo(workflow.diagram(), nl=False)


@main.command("create-administrator")
@click.option("--organisation", required=True, help="Name of the administrator's organisation.")
@click.option("--uscc", required=True, help="Its unified social credit code.")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.password_option()
def create_administrator(organisation: str, uscc: str, email: str, name: str, password: str) -> None:
    """Create the first administrator; everybody else is invited from the pages."""
    from registry import clock
    from registry.database import make_engine, writing
    from registry.errors import Refused
    from registry.models import Role
    from registry.services import accounts

    now = clock.now()
    try:
        with writing(make_engine(_settings().database_url)) as session:
            body = accounts.create_organisation(
                session, name=organisation, uscc=uscc, role=Role.ADMINISTRATOR, actor=None, now=now
            )
            accounts.create_user(
                session, body, email=email, name=name, password=password, now=now, can_sign=True
            )
    except Refused as error:
        raise click.ClickException(f"{error.words.zh} {error.words.en}") from error
    click.echo(f"administrator {email} created")


if __name__ == "__main__":
    main()
