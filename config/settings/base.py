"""Everything, driven by the environment. The other modules hold only differences."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from corsheaders.defaults import default_headers

from config import env

# -- paths ---------------------------------------------------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parents[2]
env.load(BASE_DIR / ".env")
VAR_DIR = Path(env.text("SHIKEN_VAR_DIR", str(BASE_DIR / "var")))

# -- security ------------------------------------------------------------------------------------------------------
SECRET_KEY = env.secret("DJANGO_SECRET_KEY")
DEBUG = env.flag("DJANGO_DEBUG")
SHIKEN_MAIN_HOSTS = env.names("SHIKEN_MAIN_HOSTS", "localhost,127.0.0.1")
SHIKEN_CENTER_DOMAIN = env.text("SHIKEN_CENTER_DOMAIN", SHIKEN_MAIN_HOSTS[0])
# Any host may be asked: whether somebody lives there is looked up before anything else happens, and centers bring domains
# of their own, which no list in a file could know.
ALLOWED_HOSTS = env.names("DJANGO_ALLOWED_HOSTS", "*")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CORS_ALLOWED_ORIGINS = env.names("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_CREDENTIALS = False
# Editing what nobody has changed meanwhile: a revision goes out as ETag and comes back as If-Match.
CORS_ALLOW_HEADERS = [*default_headers, "if-match"]
CORS_EXPOSE_HEADERS = ["ETag"]

# -- apps ----------------------------------------------------------------------------------------------------------
# Only what Django needs in both lists stands in both; a table that is missing in a center would fall through to public.
_BOTH = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "apps.audit",
    "apps.jobs",
    "apps.authentication",
]
SHARED_APPS = [
    "daphne",
    "django_tenants",
    "unfold",
    *_BOTH,
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "corsheaders",
    "channels",
    "axes",
    "django_celery_beat",
    "apps.core",
    "apps.centers",
    "apps.mail",
    "apps.notifications",
    "apps.analytics",
]
TENANT_APPS = [
    *_BOTH,
    "apps.groups",
    "apps.materials",
    "apps.mock_tests",
    "apps.assignments",
    "apps.attempts",
    "apps.leaderboards",
    "apps.live",
    "apps.notifications",
]
INSTALLED_APPS = [*SHARED_APPS, *[app for app in TENANT_APPS if app not in SHARED_APPS], "apps.demo", "api", "web"]
TENANT_MODEL = "centers.Center"
TENANT_DOMAIN_MODEL = "centers.Domain"
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
SHOW_PUBLIC_IF_NO_TENANT_FOUND = False
TENANT_LIMIT_SET_CALLS = True
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.brand.brand",
            ],
        },
    },
]

# -- middleware ----------------------------------------------------------------------------------------------------
MIDDLEWARE = [
    "apps.core.middleware.ProbeMiddleware",
    "apps.core.middleware.RequestMiddleware",
    "apps.core.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.core.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.zone.AdminZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

# -- database ------------------------------------------------------------------------------------------------------
_database = env.database()
# The pool, not CONN_MAX_AGE: under ASGI a persistent connection is leaked with each request's thread.
_pool = {
    "min_size": env.integer("DB_POOL_MIN", 0),
    "max_size": env.integer("DB_POOL_MAX", 16, least=1),
    "timeout": env.integer("DB_POOL_TIMEOUT", 4, least=1),
    "max_lifetime": env.integer("DB_POOL_LIFETIME", 900, least=10),
}
# Of requests that one ASGI process answers at the same time, each with a connection; the others are for sockets.
SHIKEN_REQUESTS_AT_ONCE = env.integer("REQUESTS_AT_ONCE", max(int(_pool["max_size"]) - 4, 1), least=1)
_timeouts = {
    "lock_timeout": env.integer("DB_LOCK_TIMEOUT_MS", 0),
    "statement_timeout": env.integer("DB_STATEMENT_TIMEOUT_MS", 0),
    "idle_in_transaction_session_timeout": env.integer("DB_IDLE_TRANSACTION_TIMEOUT_MS", 60_000),
}
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "django_tenants.postgresql_backend",
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            **_database["OPTIONS"],  # type: ignore[dict-item]
            "connect_timeout": env.integer("DB_CONNECT_TIMEOUT", 3, least=1),
            "options": " ".join(f"-c {key}={value}" for key, value in _timeouts.items() if value),
            **({"pool": _pool} if env.flag("DB_POOL", True) else {}),
        },
    },
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- cache and channels --------------------------------------------------------------------------------------------
# Logical databases: 0 broker, 1 channels, 2 cache, 3 boards and tickets.
_redis_options = {"socket_connect_timeout": 0.5, "socket_timeout": 2}
CACHES = {
    "default": {
        "BACKEND": "apps.core.cache.TolerantRedisCache",
        "LOCATION": env.redis(2),
        "KEY_FUNCTION": "apps.core.tenancy.cache_key",
        "OPTIONS": _redis_options,
    },
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [env.redis(1)], "prefix": "shiken"},
    },
}
SHIKEN_REDIS_URL = env.redis(3)

# -- celery and beat -----------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", env.redis(0))
CELERY_RESULT_BACKEND = env.text("CELERY_RESULT_BACKEND", CELERY_BROKER_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
# Longer than the longest task, or Redis hands a running one out again.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    "max_retries": 0,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_TENANT_CACHE_SECONDS = 30
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep_deliveries": {
        "task": "sweep_deliveries",
        "schedule": 5.0,
        "options": {"queue": "deadline", "expires": 5},
    },
    "sweep_long_deliveries": {
        "task": "sweep_long_deliveries",
        "schedule": 15.0,
        "options": {"queue": "bulk", "expires": 15},
    },
    "prune_deliveries": {
        "task": "prune_deliveries",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3600},
    },
    "sweep_mails": {
        "task": "sweep_mails",
        "schedule": 30.0,
        "options": {"queue": "bulk", "expires": 30},
    },
    "keep_audits": {
        "task": "keep_audits",
        "schedule": 1800.0,
        "options": {"queue": "bulk", "expires": 1800},
    },
    "prune_mails": {
        "task": "prune_mails",
        "schedule": 86_400.0,
        "options": {"queue": "bulk", "expires": 86_400},
    },
    "watch_plan_ends": {
        "task": "watch_plan_ends",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 300},
    },
    "clean_files": {
        "task": "clean_files",
        "schedule": 86_400.0,
        "options": {"queue": "bulk", "expires": 86_400},
    },
    "look_after_figures": {
        "task": "look_after_figures",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 300},
    },
    "auto_submit_expired_attempts": {
        "task": "auto_submit_expired_attempts",
        "schedule": 60.0,
        "options": {"queue": "deadline", "expires": 60},
    },
    "check_domains": {
        "task": "check_domains",
        "schedule": 600.0,
        "options": {"queue": "bulk", "expires": 600},
    },
    "recount_items": {
        "task": "recount_items",
        "schedule": 86_400.0,
        "options": {"queue": "bulk", "expires": 86_400},
    },
    "forget_keys": {
        "task": "forget_keys",
        "schedule": 86_400.0,
        "options": {"queue": "bulk", "expires": 86_400},
    },
    "sync_leaderboard_to_db": {
        "task": "sync_leaderboard_to_db",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 300},
    },
}
CELERY_TIMEZONE = "UTC"

# -- auth ----------------------------------------------------------------------------------------------------------
# E-mails are unique ignoring case, by a constraint on lower(email) that this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTH_USER_MODEL = "authentication.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "apps.authentication.hashers.ClassroomArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
SHIKEN_ACCESS_SECONDS = env.integer("ACCESS_TOKEN_EXPIRE_MINUTES", 15, least=1) * 60
SHIKEN_REFRESH_SECONDS = env.integer("REFRESH_TOKEN_EXPIRE_DAYS", 7, least=1) * 86_400
# Identity providers on private addresses and without TLS: for development, and for a provider in one's own network.
SHIKEN_PRIVATE_PROVIDERS = env.flag("PRIVATE_IDENTITY_PROVIDERS")
AXES_HANDLER = "apps.authentication.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env.integer("AXES_FAILURE_LIMIT", 10, least=1)
AXES_COOLOFF_TIME = env.integer("AXES_COOLOFF_MINUTES", 15, least=1) / 60
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "api.common.pages.locked_out"
# What authenticate() is called with. The default is the model's "email", which would count all people as one.
AXES_USERNAME_FORM_FIELD = "username"
AXES_IPWARE_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0) or None
AXES_CLIENT_IP_CALLABLE = "apps.authentication.lockout.address_of"

# -- REST ----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.common.authentication.AccessTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.common.permissions.DeclaredPolicy"],
    "DEFAULT_METADATA_CLASS": "api.common.metadata.Methods",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.common.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "api.common.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_SCHEMA_CLASS": "api.common.schema.OperationSchema",
    "DEFAULT_THROTTLE_CLASSES": ["api.common.throttling.UserRate", "api.common.throttling.AnonymousRate"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.text("THROTTLE_USER", "3000/hour"),
        "anon": env.text("THROTTLE_ANON", "300/hour"),
        "auth": env.text("THROTTLE_AUTH", "30/min"),
        "answers": env.text("THROTTLE_ANSWERS", "1200/min"),
        "start": env.text("THROTTLE_START", "30/min"),
        "register": env.text("THROTTLE_REGISTER", "60/hour"),
        "reset": env.text("THROTTLE_RESET", "30/hour"),
        "receipts": env.text("THROTTLE_RECEIPTS", "60/min"),
        "reports": env.text("THROTTLE_REPORTS", "60/min"),
    },
    # Without it any X-Forwarded-For would be believed, and each made-up one had a bucket of its own.
    "NUM_PROXIES": AXES_IPWARE_PROXY_COUNT or 0,
    "EXCEPTION_HANDLER": "api.common.errors.problem_handler",
    # JSON is all there is; a parameter called "format" is no way to ask for anything else.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Shiken",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None, "displayOperationId": True},
    "REDOC_DIST": "SIDECAR",
    "REDOC_UI_SETTINGS": {"theme": {"typography": {"fontFamily": "system-ui, sans-serif"}}},
    "ENUM_NAME_OVERRIDES": {
        "RoomStatusEnum": "api.v1.assignments.serializers.STATUSES",
        "NewRoomStatusEnum": "api.v1.assignments.serializers.NEW_STATUSES",
        "AccommodationStatusEnum": "api.v1.accommodations.serializers.STATUSES",
        "QuestionTypeEnum": "apps.mock_tests.rules.types.registry.TYPES",
        "QuizQuestionTypeEnum": "api.v1.mock_tests.serializers.quizzes.TYPES_BY_NAME",
        "ItemStatusEnum": "api.v1.homework.serializers.STATUSES",
        "ItemTypeEnum": "api.v1.homework.serializers.ITEM_TYPES",
        "BankQuestionStateEnum": "api.v1.mock_tests.serializers.bank.STATES",
        "FileFormatEnum": "api.v1.mock_tests.serializers.files.FORMATS",
        "ImportTargetEnum": "api.v1.mock_tests.serializers.files.TARGETS",
        "QuizStateEnum": "api.v1.live.serializers.STATES",
        "StepKindEnum": "api.v1.attempts.serializers.STEP_KINDS",
        "AttemptStatusEnum": "api.v1.attempts.serializers.STATUSES",
        "TestStatusEnum": "api.v1.mock_tests.serializers.tests.STATUSES",
        "TeacherOrStudentEnum": "api.v1.invitations.serializers.ROLES",
        "InvitationStatusEnum": "api.v1.invitations.serializers.STATUSES",
        "CenterStatusEnum": "api.v1.centers.serializers.STATUSES",
        "GivenCenterStatusEnum": "api.v1.centers.serializers.GIVEN_STATUSES",
        "CenterStateEnum": "api.v1.centers.serializers.STATES",
        "DomainStateEnum": "api.v1.centers.domains.STATES",
        "ContactRequestStatusEnum": "api.v1.centers.contacts.REQUEST_STATUSES",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums"],
}

# -- admin ---------------------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Shiken",
    "SITE_HEADER": "config.admin.header",
    "SITE_SUBHEADER": "config.admin.subheader",
    "SITE_SYMBOL": "history_edu",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "config.admin.dashboard",
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "#fff1f3",
            "100": "#ffe0e6",
            "200": "#ffc6d1",
            "300": "#ff9db0",
            "400": "#fb6584",
            "500": "#e2335c",
            "600": "#b3123b",
            "700": "#991035",
            "800": "#801131",
            "900": "#6d122e",
            "950": "#3d0415",
        },
    },
}

# -- files ---------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"
WHITENOISE_USE_FINDERS = True
USE_S3 = env.flag("USE_S3")
_s3 = {
    "BACKEND": "apps.core.files.storage.S3Storage",
    "OPTIONS": {
        "access_key": env.text("AWS_ACCESS_KEY_ID"),
        "secret_key": env.text("AWS_SECRET_ACCESS_KEY"),
        "bucket_name": env.text("AWS_STORAGE_BUCKET_NAME"),
        "region_name": env.text("AWS_S3_REGION_NAME") or None,
        "endpoint_url": env.text("AWS_S3_ENDPOINT_URL") or None,
        "custom_domain": env.text("AWS_S3_CUSTOM_DOMAIN") or None,
        "addressing_style": env.choice("AWS_S3_ADDRESSING_STYLE", "auto", ["auto", "path", "virtual"]),
        "redirects": env.flag("AWS_S3_REDIRECT"),
        "verify": env.flag("AWS_S3_VERIFY_SSL", True),
        # No ACL: what a bucket holds is private unless its owner says otherwise, and many buckets take no ACLs.
        "default_acl": None,
        "file_overwrite": False,
        "max_memory_size": 2 * 2**20,
    },
}
_local = {
    "BACKEND": "apps.core.files.storage.LocalStorage",
    "OPTIONS": {"location": MEDIA_ROOT, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
}
STORAGES = {
    "default": _s3 if USE_S3 else _local,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
# Of a link to what is handed out, in seconds; links of an exam hold until it ends.
SHIKEN_FILE_LINK_SECONDS = env.integer("AWS_SENSITIVE_MEDIA_EXPIRE", 3600, least=30)
# Files without a row are left alone so long, since an upload may be on its way; rows that nothing uses, so many days.
SHIKEN_ORPHAN_GRACE_HOURS = env.integer("ORPHAN_GRACE_HOURS", 24, least=1)
SHIKEN_UNUSED_MEDIA_DAYS = env.integer("UNUSED_MEDIA_DAYS", 30, least=1)
SHIKEN_EXPORT_KEPT_DAYS = env.integer("CENTER_EXPORT_KEPT_DAYS", 30, least=1)
SHIKEN_EXPORT_MAX_BYTES = env.integer("CENTER_EXPORT_MAX_MB", 20_480, least=1) * 2**20
SHIKEN_IMPORT_MAX_BYTES = env.integer("IMPORT_MAX_MB", 100, least=1) * 2**20

# -- mail ----------------------------------------------------------------------------------------------------------
_TRANSPORTS = {
    "smtp": "apps.mail.backends.SmtpBackend",
    "console": "django.core.mail.backends.console.EmailBackend",
    "folder": "apps.mail.backends.FolderBackend",
}
SHIKEN_MAIL_TRANSPORT = env.choice("EMAIL_TRANSPORT", "smtp", _TRANSPORTS)
EMAIL_BACKEND = _TRANSPORTS[SHIKEN_MAIL_TRANSPORT]
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, least=1)
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL")
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", 10, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Shiken <no-reply@localhost>")

# -- logging -------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"where": {"()": "apps.core.logs.WhereFilter"}},
    "formatters": {
        "json": {"()": "apps.core.logs.JsonFormatter"},
        "plain": {"format": "%(asctime)s %(levelname)-7s %(schema)s %(request_id)s %(name)s: %(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["where"],
            "formatter": env.text("LOG_FORMAT", "json"),
        },
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "daphne": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}

# -- ours ----------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
SHIKEN_PORT = env.integer("PORT", 8000, least=1)
SHIKEN_FRONTEND_URL = env.text("FRONTEND_URL_BASE", f"http://{SHIKEN_MAIN_HOSTS[0]}:{SHIKEN_PORT}")
SHIKEN_GRACE_SECONDS = env.integer("ANSWER_GRACE_SECONDS", 10)
SHIKEN_TICKET_SECONDS = 30
SHIKEN_SOCKET_RATE = env.integer("SOCKET_MESSAGES_PER_SECOND", 20, least=1)
SHIKEN_SOCKET_MAX_BYTES = 64 * 2**10
# Of one person in one process: more than anybody gives, and a store for what hours offline have gathered.
SHIKEN_ANSWER_RATE = env.integer("ANSWERS_PER_SECOND", 20, least=1)
SHIKEN_ANSWER_STORE = 3000
SHIKEN_SOCKETS_PER_PERSON = env.integer("SOCKETS_PER_PERSON", 5, least=1)
SHIKEN_SESSION_CHECK_SECONDS = 30
# News of a board may be lost, and its policy changes without any: it is looked at again after so long.
SHIKEN_BOARD_LOOK_SECONDS = 8.0
# Who watches a room sees signs of life at once; what else the database knows of its seats is read so often.
SHIKEN_SEATS_LOOK_SECONDS = 5.0
# Where the records that prove a center's domain are looked up: addresses, with a port if need be. Empty: the system's.
SHIKEN_DNS_SERVERS = env.names("DNS_SERVERS")
SHIKEN_DNS_SECONDS = 5.0
SHIKEN_DEMO = False
SHIKEN_TEMPLATE_SCHEMA = "shiken_template"


def _purpose_key(purpose: str, secret: str = SECRET_KEY) -> str:
    """One key per purpose, so that a token of one kind can never pass for another."""
    return base64.b64encode(hashlib.blake2b(purpose.encode(), key=secret.encode()[:64]).digest()).decode()


SHIKEN_ACCESS_KEY = _purpose_key("access")
SHIKEN_REFRESH_KEY = _purpose_key("refresh")
# The first one seals exports of centers; each of them is believed, so that centers can move between installations.
SHIKEN_EXPORT_KEYS = [
    *env.names("CENTER_EXPORT_KEYS"),
    *(_purpose_key("export", secret) for secret in (SECRET_KEY, *env.names("DJANGO_OLD_SECRET_KEYS"))),
]
SHIKEN_LINK_KEY = _purpose_key("link")
SHIKEN_MAIL_KEY = _purpose_key("mail")
# The first seals secrets that have to be read again (second factors, identity providers); all of them open.
SHIKEN_VAULT_KEYS = [
    *env.names("VAULT_KEYS"),
    *(_purpose_key("vault", secret) for secret in (SECRET_KEY, *env.names("DJANGO_OLD_SECRET_KEYS"))),
]
SHIKEN_AUDIT_KEEP_MONTHS = env.integer("AUDIT_KEEP_MONTHS", 24, least=1)
# The first seals; the others can still check what earlier secrets sealed.
SHIKEN_AUDIT_KEYS = [
    _purpose_key("audit"),
    *(_purpose_key("audit", old) for old in env.names("DJANGO_OLD_SECRET_KEYS")),
]
