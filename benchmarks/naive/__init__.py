"""The peer that most people would write: stock django-tenants, simplejwt and a view with ``update_or_create``."""
