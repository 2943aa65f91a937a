"""A real S3 endpoint: moto's server in a thread, spoken to over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

KEYS = {"aws_access_key_id": "shiken", "aws_secret_access_key": "not-a-secret"}


@dataclass(frozen=True)
class Endpoint:
    url: str

    @property
    def client(self) -> Any:
        style = Config(s3={"addressing_style": "path"}, signature_version="s3v4")
        return boto3.client("s3", endpoint_url=self.url, region_name="us-east-1", config=style, **KEYS)

    def make_bucket(self) -> str:
        name = f"files-{uuid.uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=name)
        return name

    def options(self, bucket: str, **others: Any) -> dict[str, Any]:
        """As the settings make them."""
        return {
            "access_key": KEYS["aws_access_key_id"],
            "secret_key": KEYS["aws_secret_access_key"],
            "bucket_name": bucket,
            "region_name": "us-east-1",
            "endpoint_url": self.url,
            "addressing_style": "path",
            "default_acl": None,
            "file_overwrite": False,
            **others,
        }

    def keys(self, bucket: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


@contextmanager
def serve() -> Iterator[Endpoint]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Endpoint(f"http://{host}:{port}")
    finally:
        server.stop()
