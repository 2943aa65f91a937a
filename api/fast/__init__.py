"""Routes that answer in front of Django, with the same words: for what a whole class does at once."""
