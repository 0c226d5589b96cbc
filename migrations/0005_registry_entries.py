"""Registry entries, product matches, financings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "registry_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("project_name", sa.String(length=120), nullable=False),
        sa.Column("enterprise_name", sa.String(length=120), nullable=False),
        sa.Column("ownership", sa.String(length=20), nullable=True),
        sa.Column("objective", sa.String(length=10), nullable=False),
        sa.Column("category", sa.String(length=10), nullable=False),
        sa.Column("township", sa.String(length=9), nullable=True),
        sa.Column("stage", sa.String(length=12), nullable=True),
        sa.Column("grade", sa.String(length=6), nullable=False),
        sa.Column("tier", sa.String(length=14), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("total_investment", sa.BigInteger(), nullable=False),
        sa.Column("financing_need", sa.BigInteger(), nullable=False),
        sa.Column("benefit_annual", sa.Double(), nullable=True),
        sa.Column("benefit_p10", sa.Double(), nullable=True),
        sa.Column("benefit_p90", sa.Double(), nullable=True),
        sa.Column("benefit_lifetime", sa.Double(), nullable=True),
        sa.Column("people_protected", sa.Double(), nullable=True),
        sa.Column("consent_bank", sa.Boolean(), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=False),
        sa.Column("delisted_on", sa.Date(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("check_code", sa.String(length=12), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("grade IN ('dark', 'medium', 'light')", name=op.f("ck_registry_entry_grade")),
        sa.CheckConstraint(
            "objective IN ('mitigation', 'adaptation', 'dual')", name=op.f("ck_registry_entry_objective")
        ),
        sa.CheckConstraint(
            "tier IN ('implementation', 'reserve', 'incubation')", name=op.f("ck_registry_entry_tier")
        ),
        sa.CheckConstraint(
            "delisted_on IS NULL OR delisted_on >= listed_on",
            name=op.f("ck_registry_entry_delisted_after_listed"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_registry_entry_application_id_application")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_registry_entry_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_entry")),
        sa.UniqueConstraint("application_id", name=op.f("uq_registry_entry_application_id")),
        sa.UniqueConstraint("check_code", name=op.f("uq_registry_entry_check_code")),
        sa.UniqueConstraint("number", name=op.f("uq_registry_entry_number")),
    )
    op.create_index(
        "ix_registry_entry_category", "registry_entry", ["category", "listed_on", "id"], unique=False
    )
    op.create_index("ix_registry_entry_grade", "registry_entry", ["grade", "listed_on", "id"], unique=False)
    op.create_index(
        "ix_registry_entry_listed", "registry_entry", ["delisted_on", "listed_on", "id"], unique=False
    )
    op.create_index(
        "ix_registry_entry_count",
        "registry_entry",
        ["delisted_on", "grade", "township", "category", "objective", "tier", "consent_bank"],
        unique=False,
    )
    op.create_index(
        op.f("ix_registry_entry_organisation_id"), "registry_entry", ["organisation_id"], unique=False
    )
    op.create_index(
        "ix_registry_entry_township", "registry_entry", ["township", "listed_on", "id"], unique=False
    )
    op.create_table(
        "product_match",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.String(length=60), nullable=False),
        sa.Column("product_kind", sa.String(length=40), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=14), nullable=False),
        sa.Column("suitability", sa.Double(), nullable=True),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("matched_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "status IN ('eligible', 'missing_info', 'not_eligible')", name=op.f("ck_product_match_status")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["registry_entry.id"],
            name=op.f("fk_product_match_entry_id_registry_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_match")),
        sa.UniqueConstraint("entry_id", "product_id", name=op.f("uq_product_match_entry_id")),
    )
    op.create_table(
        "financing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.String(length=60), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("signed", sa.BigInteger(), nullable=False),
        sa.Column("drawn", sa.BigInteger(), nullable=False),
        sa.Column("rate_percent", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("drawn >= 0 AND drawn <= signed", name=op.f("ck_financing_drawn_within_signed")),
        sa.CheckConstraint("signed > 0", name=op.f("ck_financing_signed_positive")),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["organisation.id"], name=op.f("fk_financing_bank_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["registry_entry.id"], name=op.f("fk_financing_entry_id_registry_entry")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["account.id"], name=op.f("fk_financing_recorded_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_financing")),
    )
    op.create_index(op.f("ix_financing_bank_id"), "financing", ["bank_id"], unique=False)
    op.create_index(op.f("ix_financing_entry_id"), "financing", ["entry_id"], unique=False)
    op.create_index(op.f("ix_financing_signed_on"), "financing", ["signed_on"], unique=False)


def downgrade() -> None:
    op.drop_table("financing")
    op.drop_table("product_match")
    op.drop_table("registry_entry")
