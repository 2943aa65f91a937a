from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.centers.operations import exporting
from apps.centers.queries import centers
from apps.core import tenancy
from apps.core.errors import Refusal


class Command(BaseCommand):
    help = "Write a center into one file from which it can be restored; others go on working meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--to", type=Path, help="the file to write; default: the slug and the moment, here")
        parser.add_argument("--force", action="store_true", help="overwrite the file if it is there")

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.enter(tenancy.PUBLIC):
            center = centers.find_by_slug(slug=options["slug"])
            if center is None:
                raise CommandError(f"There is no center {options['slug']}.")
            path: Path = options["to"] or Path(exporting.file_name(center=center, made_at=exporting.moment()))
            if path.exists() and not options["force"]:
                raise CommandError(f"{path} is there already.")
            part = path.with_name(f"{path.name}.part")
            try:
                exporting.check_can_be_exported(center=center)
                manifest = exporting.write_export(center_id=center.pk, path=part)
                part.replace(path)
            except Refusal as refusal:
                raise CommandError(str(refusal)) from None
            finally:
                part.unlink(missing_ok=True)
        found = exporting.summary(manifest=manifest)
        self.stdout.write(
            f"{center.name} is in {path}: {found['tables']} tables, {found['rows']:,} rows, {found['files']:,} files"
            f" ({path.stat().st_size:,} bytes)."
        )
        if found["missing_files"]:
            self.stderr.write(f"{found['missing_files']} files are missing in the storage.")
