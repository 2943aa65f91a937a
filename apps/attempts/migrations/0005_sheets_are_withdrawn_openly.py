"""A sheet may go only after it was kept as withdrawn, with who did it and why; that record never changes."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION attempts_refuse_sheet_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM attempts_withdrawnsheet withdrawn
        WHERE withdrawn.attempt_id = OLD.attempt_id AND withdrawn.receipt = OLD.receipt
          AND withdrawn.frozen_at = OLD.frozen_at
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'What was recorded never changes (% of %).', lower(TG_OP), TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
DROP TRIGGER sheets_stay_as_frozen ON attempts_answersheet;
CREATE TRIGGER sheets_stay_as_frozen BEFORE UPDATE OR DELETE ON attempts_answersheet FOR EACH ROW
    EXECUTE FUNCTION attempts_refuse_sheet_change();
CREATE TRIGGER withdrawn_sheets_stay BEFORE UPDATE OR DELETE ON attempts_withdrawnsheet FOR EACH ROW
    EXECUTE FUNCTION attempts_refuse_change();
ALTER TABLE attempts_attempt ADD CONSTRAINT course_ends_at_the_deadline
    CHECK (step_ends IS NULL OR step_ends[cardinality(step_ends)] = deadline_at);
"""

BACKWARDS = """
ALTER TABLE attempts_attempt DROP CONSTRAINT course_ends_at_the_deadline;
DROP TRIGGER withdrawn_sheets_stay ON attempts_withdrawnsheet;
DROP TRIGGER sheets_stay_as_frozen ON attempts_answersheet;
CREATE TRIGGER sheets_stay_as_frozen BEFORE UPDATE OR DELETE ON attempts_answersheet FOR EACH ROW
    EXECUTE FUNCTION attempts_refuse_change();
DROP FUNCTION attempts_refuse_sheet_change();
"""


class Migration(migrations.Migration):
    dependencies = [("attempts", "0004_course_pauses_and_reopening")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
