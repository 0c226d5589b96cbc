"""Index releases and the indicators entered from outside."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "index_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("method_id", sa.String(length=60), nullable=False),
        sa.Column("method_version", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("cut_off", sa.Date(), nullable=False),
        sa.Column("archive", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("prepared_by_id", sa.Integer(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state = 'draft' OR (approved_by_id IS NOT NULL AND published_at IS NOT NULL)",
            name=op.f("ck_index_release_published_is_approved"),
        ),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_index_release_state")),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> prepared_by_id",
            name=op.f("ck_index_release_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_index_release_approved_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"], ["account.id"], name=op.f("fk_index_release_prepared_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_release")),
    )
    op.create_index(op.f("ix_index_release_period"), "index_release", ["period"], unique=False)
    op.create_table(
        "indicator_value",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=9), nullable=False),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("leaf", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> entered_by_id",
            name=op.f("ck_indicator_value_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_indicator_value_approved_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["account.id"], name=op.f("fk_indicator_value_entered_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_value")),
        sa.UniqueConstraint("unit", "period", "leaf", "revision", name=op.f("uq_indicator_value_unit")),
    )


def downgrade() -> None:
    op.drop_table("indicator_value")
    op.drop_table("index_release")
