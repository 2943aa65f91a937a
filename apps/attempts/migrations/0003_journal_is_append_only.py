"""Journal entries, frozen sheets and what screens noticed are evidence: they are added and never changed or deleted.
Inserts pay nothing."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION attempts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was recorded never changes (% of %).', lower(TG_OP), TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER answers_are_only_appended BEFORE UPDATE OR DELETE ON attempts_answerentry FOR EACH ROW
    EXECUTE FUNCTION attempts_refuse_change();
CREATE TRIGGER sheets_stay_as_frozen BEFORE UPDATE OR DELETE ON attempts_answersheet FOR EACH ROW
    EXECUTE FUNCTION attempts_refuse_change();
CREATE TRIGGER integrity_events_are_only_appended BEFORE UPDATE OR DELETE ON attempts_integrityevent FOR EACH ROW
    EXECUTE FUNCTION attempts_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER integrity_events_are_only_appended ON attempts_integrityevent;
DROP TRIGGER answers_are_only_appended ON attempts_answerentry;
DROP TRIGGER sheets_stay_as_frozen ON attempts_answersheet;
DROP FUNCTION attempts_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("attempts", "0002_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
