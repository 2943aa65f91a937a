from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from typing import Protocol

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.core.errors import Unavailable
from apps.jobs.errors import FileExpired, JobNotFound
from apps.jobs.models import Job

log = logging.getLogger(__name__)

_PIECE = 1 << 18


class Person(Protocol):
    """Whoever asks."""

    @property
    def pk(self) -> uuid.UUID: ...


def jobs_for(actor: Person, *, kind: str = "", state: str = "") -> QuerySet[Job]:
    """What this person asked for here, newest first; nobody sees other people's work."""
    jobs = Job.objects.filter(asked_by=actor.pk)
    return jobs.filter(*(Q(**{name: value}) for name, value in (("kind", kind), ("state", state)) if value))


def get_job_for(actor: Person, job_id: uuid.UUID) -> Job:
    """One piece of one's own work; an unknown id and somebody else's are refused alike."""
    job = jobs_for(actor).filter(pk=job_id).first()
    if job is None:
        raise JobNotFound
    return job


def find_job(*, job_id: uuid.UUID) -> Job | None:
    """A job of the present schema, whoever asked for it; for work that builds on other work."""
    return Job.objects.filter(pk=job_id).first()


def find_living(*, key: str) -> Job | None:
    """The job with this key that waits or runs, if there is one."""
    return Job.objects.filter(key=key, state__in=[Job.State.WAITING, Job.State.RUNNING]).first()


def get_file(*, job_id: uuid.UUID) -> Job:
    """The job whose file is asked for by a link; refuses one that left no file, and one whose file has expired."""
    job = Job.objects.filter(pk=job_id).exclude(file_name="").first()
    if job is None:
        raise JobNotFound
    if not job.file or not Job.objects.filter(pk=job_id, file_until__gt=Now()).exists():
        raise FileExpired
    return job


def read_file(*, job: Job) -> Iterator[bytes]:
    """The bytes of a job's file, piece by piece. Refuses at once when its storage does not have it, or does not answer."""
    try:
        stored = default_storage.open(job.file)
    except FileNotFoundError:
        raise FileExpired from None
    except Exception as error:
        log.exception("The storage does not give out %s.", job.file)
        raise Unavailable from error

    def pieces() -> Iterator[bytes]:
        with stored:
            while piece := stored.read(_PIECE):
                yield piece

    return pieces()
