"""Pictures and recordings: kept, stored with imports, cleaned away; and texts brought under the present rules."""
