"""Everything that changes attempts: sitting, time, the journal, sheets, marks."""
