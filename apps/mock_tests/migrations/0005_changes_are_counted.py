"""The database counts the changes of a test and its parts, so that no way of writing forgets to. The place of a part among
its siblings belongs to the whole: who puts parts in order counts that up themselves."""

from django.db import migrations

TABLES = ("mocktest", "testsection", "questiongroup", "question")

FORWARDS = """
CREATE FUNCTION mock_tests_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    uncounted CONSTANT text[] := '{order,revision,updated_at}';
BEGIN
    IF to_jsonb(NEW) - uncounted IS DISTINCT FROM to_jsonb(OLD) - uncounted THEN
        NEW.revision := OLD.revision + 1;
    ELSE
        NEW.revision := greatest(NEW.revision, OLD.revision);
    END IF;
    RETURN NEW;
END
$$;
""" + "".join(
    f"CREATE TRIGGER {table}_changes_are_counted BEFORE UPDATE ON mock_tests_{table} FOR EACH ROW "
    "EXECUTE FUNCTION mock_tests_count_change();\n"
    for table in TABLES
)

BACKWARDS = (
    "".join(f"DROP TRIGGER {table}_changes_are_counted ON mock_tests_{table};\n" for table in TABLES)
    + "DROP FUNCTION mock_tests_count_change();"
)


class Migration(migrations.Migration):
    dependencies = [("mock_tests", "0004_exam_profiles_and_blueprints")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
