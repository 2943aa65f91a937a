"""A student's accommodations may follow each other; on no day are two in force.

The operator class for ranges compares students too, each as a range of one number, so that no extension is needed.
"""

from django.db import migrations

FORWARDS = """
ALTER TABLE assignments_accommodation ADD CONSTRAINT one_accommodation_a_day EXCLUDE USING gist (
    numrange(uuid_hash_extended(student_id, 0)::numeric, uuid_hash_extended(student_id, 0)::numeric, '[]') WITH =,
    daterange(valid_from, valid_until, '[]') WITH &&
) WHERE (status = 'APPROVED');
"""

BACKWARDS = "ALTER TABLE assignments_accommodation DROP CONSTRAINT one_accommodation_a_day;"


class Migration(migrations.Migration):
    dependencies = [("assignments", "0007_cues_by_the_clock")]

    operations = [
        migrations.RemoveConstraint(model_name="accommodation", name="one_accommodation_in_force"),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
