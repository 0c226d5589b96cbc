"""What Alembic runs: every migration on one connection, each in its own transaction."""

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.sql.schema import SchemaItem

from registry import models
from registry.database import Base

# The job library keeps its tables beside ours; they are not ours to change.
JOB_TABLES = ("workflow", "operation_outputs", "notifications", "dbos", "streams", "event_dispatch", "queue")

assert models.__all__, "importing the models fills the metadata"


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith(JOB_TABLES))


def include_object(item: SchemaItem, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
    return not (kind == "table" and reflected and name is not None and name not in Base.metadata.tables)


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    include_name=include_name,
    include_object=include_object,
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
