"""A replayed center equals a migrated one, whatever migrations make."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.centers.errors import TemplateMissing, TemplateUnsupported
from apps.centers.models import SchemaTemplate
from apps.centers.operations import centers, stock, template
from apps.centers.queries import schema_text
from apps.core import tenancy
from tests.apps.centers.catalog import describe


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def in_public(db):
    with tenancy.enter(tenancy.PUBLIC):
        yield


def test_a_replayed_center_equals_a_migrated_one(committed):
    with tenancy.enter(tenancy.PUBLIC):
        execute("CREATE SCHEMA c_by_stock")
        try:
            stock.migrate(schema_name="c_by_stock")
            center = centers.open_center(name="By replay", slug="by_replay")
            assert center.state == "READY", center.state_reason
            migrated, replayed = describe("c_by_stock"), describe("c_by_replay")
            for part, expected in migrated.items():
                assert replayed[part] == expected, part
            assert len(replayed["permissions"]) > 40
            assert len(replayed["triggers"]) == len(migrated["triggers"])
        finally:
            execute("DROP SCHEMA c_by_stock CASCADE")


DAMAGE = {
    "columns": "ALTER TABLE authentication_user ALTER created_at DROP DEFAULT",
    "constraints": "ALTER TABLE authentication_session DROP CONSTRAINT authentication_session_pkey CASCADE",
    "indexes": "DROP INDEX one_person_per_email",
    "sequences": "SELECT nextval('auth_permission_id_seq')",
    "permissions": "UPDATE auth_permission SET name = 'Can do anything' WHERE codename = 'add_user'",
    "migrations": "DELETE FROM django_migrations WHERE app = 'authentication'",
    "functions": "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "rows of auth_group": "INSERT INTO auth_group (name) VALUES ('intruders')",
}


@pytest.mark.parametrize("part", DAMAGE)
def test_the_comparison_sees_every_kind_of_difference(db, north, south, part):
    """The control of the test above."""
    with tenancy.enter(south):
        execute(DAMAGE[part])
    assert describe(south.schema_name)[part] != describe(north.schema_name)[part]


EXOTIC = r"""
CREATE TYPE mood AS ENUM ('glad', 'it''s fine');
CREATE SEQUENCE tickets INCREMENT 5 START 100;
SELECT nextval('tickets'), nextval('tickets');
CREATE FUNCTION shout(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) || '100%' $$;
CREATE UNLOGGED TABLE "Odd Table" (
  "select" bigint GENERATED ALWAYS AS IDENTITY (START 7),
  feeling mood DEFAULT 'glad',
  words text COLLATE "C" NOT NULL DEFAULT 'a\b ''c'' 100%',
  loud text GENERATED ALWAYS AS (shout(words)) STORED,
  raw bytea, many integer[], body jsonb, moment timestamptz DEFAULT now(), price numeric(9, 3),
  number integer DEFAULT nextval('tickets'),
  CONSTRAINT words_are_few CHECK (length(words) < 100),
  CONSTRAINT one_of_a_kind UNIQUE (words) DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 70);
ALTER SEQUENCE tickets OWNED BY "Odd Table".number;
INSERT INTO "Odd Table" (feeling, words, raw, many, body)
  VALUES ('it''s fine', E'tab\t "quote" \\ %s', '\xdead', '{1,NULL,3}', '{"a": ["\u3042", null]}'),
         (NULL, '', NULL, NULL, NULL);
CREATE TABLE plain (id integer PRIMARY KEY, parent integer REFERENCES plain (id) ON DELETE CASCADE DEFERRABLE);
INSERT INTO plain VALUES (1, 2), (2, 1);
ALTER TABLE plain ADD gone int, ADD last int;
ALTER TABLE plain DROP gone;
CREATE INDEX half ON plain USING btree (last DESC NULLS LAST) INCLUDE (parent) WHERE last > 3;
CREATE UNIQUE INDEX by_shout ON "Odd Table" (shout(words), (body ->> 'a'));
CREATE STATISTICS together ON id, parent FROM plain;
CREATE VIEW seen AS SELECT id, shout(last::text) AS last FROM plain;
CREATE FUNCTION first_plain() RETURNS plain LANGUAGE plpgsql SET search_path = shiken_exotic AS $$
BEGIN RETURN (SELECT p FROM plain p ORDER BY id LIMIT 1); END $$;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN -- a ; in a comment; and a "word"
  IF NEW.last < 0 THEN RAISE EXCEPTION 'no: %', NEW.last; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse_below BEFORE UPDATE OF last ON plain FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION refuse();
CREATE CONSTRAINT TRIGGER refuse_late AFTER INSERT ON plain DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER sleeping AFTER INSERT ON plain FOR EACH STATEMENT EXECUTE FUNCTION refuse();
ALTER TABLE plain DISABLE TRIGGER sleeping;
"""


def test_what_migrations_may_make_by_hand_is_recorded_too(in_public):
    execute(f"CREATE SCHEMA shiken_exotic; SET search_path = shiken_exotic; {EXOTIC} SET search_path = public")
    statements = schema_text.read_schema(schema_name="shiken_exotic")
    copied = template.adapt(statements=statements, schema_name="shiken_copy", made_in="shiken_exotic")
    execute(f"CREATE SCHEMA shiken_copy; SET LOCAL search_path = shiken_copy; {copied} SET search_path = public")
    original, copy = describe("shiken_exotic", rows=False), describe("shiken_copy", rows=False)
    for part, expected in original.items():
        assert copy[part] == expected, part
    for table in ('"Odd Table"', "plain", "seen"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM shiken_exotic.{table} ORDER BY 1")
            expected = cursor.fetchall()
            cursor.execute(f"SELECT * FROM shiken_copy.{table} ORDER BY 1")
            assert cursor.fetchall() == expected


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (id int) PARTITION BY HASH (id)",
        "CREATE DOMAIN year AS int CHECK (VALUE > 1900)",
        "CREATE TABLE t (id int); ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE t (id int); CREATE TABLE u () INHERITS (t)",
        "CREATE TABLE t (id int); CREATE RULE r AS ON INSERT TO t DO ALSO SELECT 1",
        "CREATE AGGREGATE most(int) (SFUNC = int4larger, STYPE = int)",
    ],
)
def test_refuses_to_record_what_it_cannot_read_back(in_public, sql):
    execute(f"CREATE SCHEMA shiken_exotic; SET search_path = shiken_exotic; {sql}; SET search_path = public")
    with pytest.raises(TemplateUnsupported):
        schema_text.read_schema(schema_name="shiken_exotic")


def test_recording_again_changes_nothing(in_public):
    before = SchemaTemplate.objects.get(pk=stock.fingerprint())
    assert template.record() == before.pk
    assert SchemaTemplate.objects.get(pk=before.pk).recorded_at == before.recorded_at


def test_a_recording_is_tried_out_before_it_is_kept(in_public, monkeypatch):
    read = schema_text.read_schema

    def inventive(*, schema_name: str) -> str:
        more = "CREATE TABLE aaa (id integer);\n" if schema_name == settings.SHIKEN_TEMPLATE_SCHEMA else ""
        return read(schema_name=schema_name) + more

    monkeypatch.setattr(schema_text, "read_schema", inventive)
    with pytest.raises(TemplateUnsupported), transaction.atomic():
        template.record(afresh=True)


def test_refuses_to_open_a_center_before_the_template_is_recorded(in_public):
    SchemaTemplate.objects.all().delete()
    with pytest.raises(TemplateMissing):
        centers.open_center(name="East", slug="east")


def test_no_statement_of_the_template_names_its_schema_but_function_headers(in_public):
    statements = SchemaTemplate.objects.get(pk=stock.fingerprint()).statements
    for line in statements.splitlines():
        if settings.SHIKEN_TEMPLATE_SCHEMA in line:
            assert line.startswith("CREATE OR REPLACE FUNCTION"), line
