"""Published papers, their keys and items are never changed or deleted, whoever asks: attempts and results rest on them.

The one change let through is forgetting who published a paper, when that person is removed.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION mock_tests_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A published paper never changes (% of %).', lower(TG_OP), TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER paper_never_changes BEFORE UPDATE ON mock_tests_paper FOR EACH ROW
    WHEN (to_jsonb(NEW) - 'published_by_id' IS DISTINCT FROM to_jsonb(OLD) - 'published_by_id')
    EXECUTE FUNCTION mock_tests_refuse_change();
CREATE TRIGGER paper_stays BEFORE DELETE ON mock_tests_paper FOR EACH ROW
    EXECUTE FUNCTION mock_tests_refuse_change();
CREATE TRIGGER paper_key_never_changes BEFORE UPDATE OR DELETE ON mock_tests_paperkey FOR EACH ROW
    EXECUTE FUNCTION mock_tests_refuse_change();
CREATE TRIGGER paper_item_never_changes BEFORE UPDATE OR DELETE ON mock_tests_paperitem FOR EACH ROW
    EXECUTE FUNCTION mock_tests_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER paper_never_changes ON mock_tests_paper;
DROP TRIGGER paper_stays ON mock_tests_paper;
DROP TRIGGER paper_key_never_changes ON mock_tests_paperkey;
DROP TRIGGER paper_item_never_changes ON mock_tests_paperitem;
DROP FUNCTION mock_tests_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("mock_tests", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
