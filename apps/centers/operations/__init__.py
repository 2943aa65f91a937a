"""All writes on centers: the template, opening and closing, migrating."""
