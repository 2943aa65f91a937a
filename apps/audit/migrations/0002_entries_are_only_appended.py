"""Entries and their chain are added and never changed or deleted. Two ways are left open, each for one operation that
says so in its transaction: dropping old months, and blanking the names of a person who is erased. Inserts pay nothing."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    way text := coalesce(current_setting('shiken.audit', true), '');
    blanked text[] := ARRAY['actor_name', 'owner_name', 'address', 'agent', 'name', 'reason'];
BEGIN
    IF TG_OP = 'DELETE' AND way = 'drop' THEN
        RETURN OLD;
    ELSIF TG_OP = 'TRUNCATE' AND way = 'drop' THEN
        RETURN NULL;
    ELSIF TG_OP = 'UPDATE' AND way = 'blank' AND TG_TABLE_NAME = 'audit_entry'
            AND to_jsonb(NEW) - blanked = to_jsonb(OLD) - blanked
            AND NOT EXISTS (SELECT FROM jsonb_each_text(to_jsonb(NEW)) n
                             WHERE n.key = ANY (blanked) AND coalesce(n.value, '') <> ''
                               AND n.value IS DISTINCT FROM to_jsonb(OLD) ->> n.key) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The audit trail is only appended to (% of %).', lower(TG_OP), TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER entries_are_only_appended BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW
    EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER entries_are_not_emptied BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT
    EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER links_are_only_appended BEFORE UPDATE OR DELETE ON audit_link FOR EACH ROW
    EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER links_are_not_emptied BEFORE TRUNCATE ON audit_link FOR EACH STATEMENT
    EXECUTE FUNCTION audit_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER links_are_not_emptied ON audit_link;
DROP TRIGGER links_are_only_appended ON audit_link;
DROP TRIGGER entries_are_not_emptied ON audit_entry;
DROP TRIGGER entries_are_only_appended ON audit_entry;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_entries_chain_and_spill")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
