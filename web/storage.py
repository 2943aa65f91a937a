"""Static files under names that change with their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Modules import each other by such names too, so that no browser mixes two releases."""

    support_js_module_import_aggregation = True
