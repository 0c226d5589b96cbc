"""Applications with their submissions, screenings and carbon benefits."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_since", sa.DateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("project_name", sa.String(length=120), nullable=False),
        sa.Column("national_code", sa.String(length=24), nullable=True),
        sa.Column("township", sa.String(length=9), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("unread", sa.JSON(), nullable=False),
        sa.Column("sections_done", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('self_filed', 'department_pushed', 'township_pushed')",
            name=op.f("ck_application_channel"),
        ),
        sa.CheckConstraint(
            "state IN ('lead', 'draft', 'dropped', 'abandoned') OR submitted_at IS NOT NULL",
            name=op.f("ck_application_submitted_when_past_draft"),
        ),
        sa.CheckConstraint(
            "state IN ('lead', 'draft', 'dropped', 'abandoned', 'submitted', 'returned', 'accepted', 'screened', 'dept_review', 'assessment', 'expert', 'proposed', 'publicity', 'objection', 'rejected', 'listed', 'promoted', 'matched', 'financed', 'monitoring', 'suspended', 'exited', 'completed', 'archived')",
            name=op.f("ck_application_state"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_application_created_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_application_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("number", name=op.f("uq_application_number")),
    )
    op.create_index("ix_application_national_code", "application", ["national_code"], unique=False)
    op.create_index("ix_application_organisation", "application", ["organisation_id", "id"], unique=False)
    op.create_index("ix_application_state_due", "application", ["state", "due_on", "id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("submitted_at", sa.DateTime(), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_submission_application_id_application")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["account.id"], name=op.f("fk_submission_submitted_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("application_id", "number", name=op.f("uq_submission_application_id")),
    )
    op.create_table(
        "screening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("rule_set", sa.String(length=60), nullable=False),
        sa.Column("edition", sa.String(length=20), nullable=False),
        sa.Column("edition_hash", sa.String(length=64), nullable=False),
        sa.Column("screened_on", sa.Date(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=14), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("grade", sa.String(length=6), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "grade IN ('dark', 'medium', 'light') OR grade IS NULL", name=op.f("ck_screening_grade")
        ),
        sa.CheckConstraint(
            "verdict IN ('pass', 'fail', 'review', 'insufficient')", name=op.f("ck_screening_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_screening_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening")),
    )
    op.create_index(op.f("ix_screening_application_id"), "screening", ["application_id"], unique=False)
    op.create_table(
        "resolution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("screening_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.String(length=10), nullable=False),
        sa.Column("machine_verdict", sa.String(length=14), nullable=False),
        sa.Column("outcome", sa.String(length=4), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("outcome IN ('pass', 'fail')", name=op.f("ck_resolution_outcome")),
        sa.CheckConstraint("length(reason) >= 5", name=op.f("ck_resolution_reasoned")),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_resolution_author_id_account")),
        sa.ForeignKeyConstraint(
            ["screening_id"], ["screening.id"], name=op.f("fk_resolution_screening_id_screening")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolution")),
        sa.UniqueConstraint("screening_id", "criterion_id", name=op.f("uq_resolution_screening_id")),
    )
    op.create_table(
        "carbon_benefit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("method_id", sa.String(length=60), nullable=False),
        sa.Column("method_version", sa.String(length=20), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("annual", sa.Double(), nullable=False),
        sa.Column("p10", sa.Double(), nullable=False),
        sa.Column("p90", sa.Double(), nullable=False),
        sa.Column("lifetime", sa.Double(), nullable=True),
        sa.Column("estimated_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_carbon_benefit_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carbon_benefit")),
    )
    op.create_index(
        op.f("ix_carbon_benefit_application_id"), "carbon_benefit", ["application_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("carbon_benefit")
    op.drop_table("resolution")
    op.drop_table("screening")
    op.drop_table("submission")
    op.drop_table("application")
