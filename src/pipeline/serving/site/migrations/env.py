"""Runs the steps on a connection that is open already."""

from __future__ import annotations

from alembic import context

from pipeline.serving.site.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
