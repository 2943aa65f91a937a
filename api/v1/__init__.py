"""Version 1, mirrored by app name; ``urls.py`` is the table of contents."""
