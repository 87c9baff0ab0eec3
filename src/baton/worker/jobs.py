"""The worker's jobs on Procrastinate: its tables lie in a schema of their own, made by migrate; nothing else knows of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from baton.store import Store
from baton.store.postgres import Database
from baton.worker import clock, outbox

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker needs to know: given by `baton.app`."""

    database: Database
    store: Store
    handlers: Mapping[str, outbox.Handler] = field(default_factory=dict)  # by topic
    duties: Sequence[clock.Duty] = ()  # run each minute
    objection: outbox.Objection = lambda payload: None  # why something must not be sent


class Backoff(BaseRetryStrategy):
    """Again after 5, 10, 20 … seconds, at most an hour; after `outbox.MOST` attempts never again."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """None: parked."""
        if isinstance(exception, outbox.UndeliverableError) or job.attempts + 1 >= outbox.MOST:
            return None
        return RetryDecision(retry_in={"seconds": int(min(timedelta(hours=1).total_seconds(), 5 * 2**job.attempts))})


def application(work: Work) -> App:
    """The jobs of this hub; `run` runs them, tests run them once."""
    options = f"{conninfo_to_dict(work.database.app_dsn).get('options') or ''} -c search_path=procrastinate".strip()
    connector = PsycopgConnector(conninfo=make_conninfo(work.database.app_dsn, options=options), min_size=1, max_size=4)
    jobs = App(connector=connector)

    @jobs.task(name="deliver", queue="outbox", retry=Backoff())
    def deliver(outbox_id: int) -> None:
        outbox.deliver(work.database.app_dsn, outbox_id, work.handlers, now=work.store.now(), objection=work.objection)

    @jobs.periodic(cron="* * * * *")
    @jobs.task(name="minute", queue="clock", lock="minute", queueing_lock="minute")
    def minute(timestamp: int) -> None:
        clock.minute(work.database.app_dsn, work.store, work.duties)

    @jobs.periodic(cron="* * * * *")
    @jobs.task(name="resume", queue="clock", queueing_lock="resume")
    async def resume(timestamp: int) -> None:
        """Give what a killed worker left undone to others, and what no job stands for a job."""
        for job in await jobs.job_manager.get_stalled_jobs():
            await jobs.job_manager.retry_job(job)
        for outbox_id in outbox.without_job(work.database.app_dsn, work.handlers):
            try:
                await deliver.configure(queueing_lock=f"outbox-{outbox_id}").defer_async(outbox_id=outbox_id)
            except AlreadyEnqueued:
                continue

    return jobs


def run(work: Work, **options: Any) -> None:
    """Work until told to stop (SIGINT or SIGTERM): what is under way is finished first."""
    log.info("worker on %s", work.database.describe())
    usual: dict[str, Any] = {"name": "baton", "concurrency": 2, "delete_jobs": "successful", "shutdown_graceful_timeout": 20}
    application(work).run_worker(**usual | options)
