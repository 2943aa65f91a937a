"""Where files are kept: a private folder, or a bucket of any S3 API. Both are Django storages that can do a little more:
read a part, tell what there is, and sign a link of their own if they are reached from outside."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import FileSystemStorage

from apps.core.files.errors import StorageUnavailable

log = logging.getLogger(__name__)

LONGEST_LINK = 7 * 86_400
"""Seconds; S3 signs for no longer."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as its storage knows it."""

    name: str
    size: int
    modified_at: datetime


class LocalStorage(FileSystemStorage):
    """A folder that no web server shows; files leave through the application alone."""

    def _save(self, name: str, content: Any) -> str:
        try:
            return str(super()._save(name, content))  # type: ignore[misc]
        except OSError as error:
            log.exception("A file cannot be written.")
            raise StorageUnavailable from error

    def read_range(self, name: str, begin: int, end: int | None) -> bytes:
        """Some of a file's bytes; ``FileNotFoundError`` if it is gone."""
        with self.open(name) as stored:
            stored.seek(begin)
            return stored.read() if end is None else stored.read(end - begin)

    def walk(self, prefix: str) -> Iterator[Kept]:
        """Every file below a folder."""
        for folder, _, names in os.walk(self.path(prefix)):
            for name in names:
                path = Path(folder) / name
                try:
                    told = path.stat()
                except FileNotFoundError:
                    continue
                place = path.relative_to(self.base_location).as_posix()
                yield Kept(place, told.st_size, datetime.fromtimestamp(told.st_mtime, UTC))

    def signed_link(self, name: str, *, seconds: int, media_type: str, disposition: str) -> str:
        """Nothing: the folder is not reached from outside."""
        return ""


def _s3_storage() -> type:
    """Made when it is asked for: who keeps files in a folder does not load what speaks to S3."""
    import boto3.session
    from boto3.exceptions import Boto3Error
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from storages.backends.s3 import S3Storage as Bucket

    gone = {"NoSuchKey", "404", "NotFound"}

    @contextmanager
    def understood(storage: S3Storage) -> Iterator[None]:
        """What S3 says, in words of the house: a file that is not there, or a storage that cannot be used."""
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in gone and storage.has_bucket():
                raise FileNotFoundError(code) from error
            raise _refused(error) from error
        except (BotoCoreError, Boto3Error) as error:
            raise _refused(error) from error

    def _refused(error: Exception) -> StorageUnavailable:
        log.error("The object storage cannot be used: %s", error)
        return StorageUnavailable()

    class S3Storage(Bucket):
        """Private objects in one bucket. Clients are made once per process: making one takes longer than a request."""

        def __init__(self, **options: Any) -> None:
            outside = options.pop("custom_domain", None)
            self.public_endpoint_url = f"https://{outside}" if outside and "://" not in outside else outside
            self.redirects = bool(options.pop("redirects", False))
            style = options.pop("addressing_style", None) or "auto"
            options["client_config"] = Config(
                s3={"addressing_style": style},
                signature_version="s3v4",
                connect_timeout=3,
                read_timeout=20,
                retries={"total_max_attempts": 3, "mode": "standard"},
                max_pool_connections=32,
            )
            super().__init__(**options)
            self._making = threading.Lock()

        @cached_property
        def _resource(self) -> Any:
            return self._made("resource", self.endpoint_url)

        @cached_property
        def _signer(self) -> Any:
            """Signs for the address by which others reach the bucket; it never speaks to it."""
            return self._made("client", self.public_endpoint_url or self.endpoint_url)

        def _made(self, what: str, endpoint_url: str | None) -> Any:
            session = boto3.session.Session(
                aws_access_key_id=self.access_key or None, aws_secret_access_key=self.secret_key or None
            )
            make: Callable[..., Any] = getattr(session, what)
            return make(
                "s3",
                region_name=self.region_name,
                endpoint_url=endpoint_url,
                config=self.client_config,
                verify=self.verify,
            )

        @property
        def connection(self) -> Any:
            with self._making:
                return self._resource

        @property
        def client(self) -> Any:
            return self.connection.meta.client

        def has_bucket(self) -> bool:
            """Whether the bucket of the settings is there."""
            try:
                self.client.head_bucket(Bucket=self.bucket_name)
            except (ClientError, BotoCoreError):
                return False
            return True

        def _open(self, name: str, mode: str = "rb") -> Any:
            try:
                with understood(self):
                    return super()._open(name, mode)
            except FileNotFoundError:
                # A bucket that is not there has no file either, and that must not pass for a file that was removed.
                if not self.has_bucket():
                    raise StorageUnavailable from None
                raise

        def _save(self, name: str, content: IO[bytes]) -> str:
            with understood(self):
                return str(super()._save(name, content))

        def exists(self, name: str) -> bool:
            with understood(self):
                return bool(super().exists(name))

        def delete(self, name: str) -> None:
            with understood(self):
                super().delete(name)

        def listdir(self, name: str) -> tuple[list[str], list[str]]:
            with understood(self):
                return super().listdir(name)

        def read_range(self, name: str, begin: int, end: int | None) -> bytes:
            """Some of an object's bytes, and no others are fetched; ``FileNotFoundError`` if it is gone."""
            if end is not None and end <= begin:
                return b""
            wanted = f"bytes={begin}-{'' if end is None else end - 1}"
            with understood(self):
                found = self.client.get_object(Bucket=self.bucket_name, Key=name, Range=wanted)
                return bytes(found["Body"].read())

        def walk(self, prefix: str) -> Iterator[Kept]:
            """Every object below a prefix, a thousand at a time."""
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket_name, Prefix=prefix.rstrip("/") + "/"
            )
            with understood(self):
                for page in pages:
                    for entry in page.get("Contents", ()):
                        yield Kept(entry["Key"], entry["Size"], entry["LastModified"])

        def signed_link(self, name: str, *, seconds: int, media_type: str, disposition: str) -> str:
            """An address at which the storage itself gives the object out for so long; nothing where it is not to."""
            if not self.redirects:
                return ""
            with self._making:
                signer = self._signer
            params = {
                "Bucket": self.bucket_name,
                "Key": name,
                "ResponseContentType": media_type,
                "ResponseContentDisposition": disposition,
                "ResponseCacheControl": "private, no-store",
            }
            return str(
                signer.generate_presigned_url("get_object", Params=params, ExpiresIn=max(1, min(seconds, LONGEST_LINK)))
            )

    return S3Storage


def __getattr__(name: str) -> Any:
    if name == "S3Storage":
        made = globals()[name] = _s3_storage()
        made.__qualname__ = name
        return made
    raise AttributeError(name)
