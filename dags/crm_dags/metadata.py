"""Airflow's own database made ready: its tables, the pool, and what a crash left open.

PYTHONPATH=dags python -m crm_dags.metadata [--create-admin]
"""

from __future__ import annotations

import os
import sys

ADMIN = "admin"


def prepare_metadata() -> None:
    """Create or migrate the metadata tables, make the pool, close abandoned embedded runs.

    On an empty database the tables are created at once instead of by replaying every migration.
    """
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    from crm_dags.defaults import POOL, POOL_MEANING, POOL_SLOTS

    initdb()
    Pool.create_or_update_pool(POOL, POOL_SLOTS, POOL_MEANING, include_deferred=False)
    close_abandoned_runs()


def close_abandoned_runs() -> None:
    """Fail the embedded runs that were killed, lest a scheduler takes them for its own.

    Only whoever holds the home's run lock may call this: any such run it finds is dead.
    """
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, State, TaskInstanceState
    from airflow.utils.types import DagRunTriggeredByType
    from sqlalchemy import select, update

    dead = select(DagRun.run_id).where(
        DagRun.triggered_by == DagRunTriggeredByType.TEST,
        DagRun.state.in_(State.unfinished_dr_states),
    )
    with create_session() as session:
        runs = list(session.scalars(dead))
        session.execute(
            update(TaskInstance)
            .where(
                TaskInstance.run_id.in_(runs),
                TaskInstance.state.is_(None) | TaskInstance.state.in_(State.unfinished),
            )
            .values(state=TaskInstanceState.FAILED)
        )
        session.execute(
            update(DagRun).where(DagRun.run_id.in_(runs)).values(state=DagRunState.FAILED)
        )


def create_admin() -> None:
    """Make the first administrator of a deployment; one that exists keeps its password."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    password = os.environ["AIRFLOW_ADMIN_PASSWORD"]  # noqa: TID251 (of this one command, not a setting)
    with get_application_builder() as builder:
        manager = builder.sm
        if manager.find_user(ADMIN) is None:
            role = manager.find_role("Admin")
            manager.add_user(ADMIN, "Airflow", "Admin", "admin@localhost", role, password)


if __name__ == "__main__":
    prepare_metadata()
    if "--create-admin" in sys.argv[1:]:
        create_admin()
