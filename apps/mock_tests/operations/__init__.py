"""All writes on tests: authoring, publishing, importing and files."""
