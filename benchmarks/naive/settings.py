"""The project's settings without what it does for speed."""

from config.settings.production import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.naive"]  # noqa: F405
TENANT_LIMIT_SET_CALLS = False
MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware", "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = PUBLIC_SCHEMA_URLCONF = "benchmarks.naive.urls"
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"]}
DATABASES["default"]["OPTIONS"].pop("pool", None)  # noqa: F405
DATABASES["default"]["CONN_MAX_AGE"] = 60  # noqa: F405
WSGI_APPLICATION = "benchmarks.naive.wsgi.application"
