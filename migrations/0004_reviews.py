"""Opinions, assessments, panel reviews, decisions, public notices."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("submission_number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('no_objection', 'objection', 'silent')", name=op.f("ck_opinion_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_opinion_application_id_application")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_opinion_author_id_account")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_opinion_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint(
            "application_id", "organisation_id", "submission_number", name=op.f("uq_opinion_application_id")
        ),
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("benefit_id", sa.Integer(), nullable=True),
        sa.Column("seen_hash", sa.String(length=64), nullable=False),
        sa.Column("conclusion", sa.String(length=24), nullable=False),
        sa.Column("comment", sa.String(length=4000), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "conclusion IN ('confirmed', 'not_confirmed', 'adaptation_confirmed')",
            name=op.f("ck_assessment_conclusion"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_assessment_application_id_application")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_assessment_author_id_account")),
        sa.ForeignKeyConstraint(
            ["benefit_id"], ["carbon_benefit.id"], name=op.f("fk_assessment_benefit_id_carbon_benefit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    op.create_index(op.f("ix_assessment_application_id"), "assessment", ["application_id"], unique=False)
    op.create_table(
        "panel_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=10), nullable=False),
        sa.Column("no_conflict", sa.Boolean(), nullable=False),
        sa.Column("recommendation", sa.String(length=6), nullable=False),
        sa.Column("comment", sa.String(length=4000), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("field IN ('finance', 'technical')", name=op.f("ck_panel_review_field")),
        sa.CheckConstraint(
            "recommendation IN ('list', 'reject')", name=op.f("ck_panel_review_recommendation")
        ),
        sa.CheckConstraint("no_conflict", name=op.f("ck_panel_review_no_conflict")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_panel_review_application_id_application")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["account.id"], name=op.f("fk_panel_review_author_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_review")),
        sa.UniqueConstraint("application_id", "author_id", name=op.f("uq_panel_review_application_id")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=6), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("outcome IN ('list', 'reject')", name=op.f("ck_decision_outcome")),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> proposed_by_id", name=op.f("ck_decision_four_eyes")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_decision_application_id_application")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_decision_approved_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_decision_proposed_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_application_id"), "decision", ["application_id"], unique=False)
    op.create_table(
        "public_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("closes_on > opens_on", name=op.f("ck_public_notice_period")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_public_notice_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_notice")),
        sa.UniqueConstraint("number", name=op.f("uq_public_notice_number")),
    )
    op.create_index(
        op.f("ix_public_notice_application_id"), "public_notice", ["application_id"], unique=False
    )
    op.create_index(op.f("ix_public_notice_closes_on"), "public_notice", ["closes_on"], unique=False)


def downgrade() -> None:
    op.drop_table("public_notice")
    op.drop_table("decision")
    op.drop_table("panel_review")
    op.drop_table("assessment")
    op.drop_table("opinion")
