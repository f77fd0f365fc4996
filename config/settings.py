"""Django's settings, read from the environment (names and defaults: docs/settings.md)."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from kombu import Queue

from config.keeping_secrets import local_key, refuse_debugging, refuse_weak_key, refuse_weak_password

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = env.bool("PRODUCTION", default=False)


SECRET_KEY = env.str("SECRET_KEY", default="")
# Keys from before, with which what was signed or sealed can still be read, the newest first.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if PRODUCTION:
    refuse_debugging(DEBUG)
    refuse_weak_key(SECRET_KEY)
else:
    SECRET_KEY = SECRET_KEY or local_key(VAR_DIR)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "config.apps.QuorumAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "evidence",
    "analysis",
    "access",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "access.middleware.PermissionsPolicyMiddleware",
    "access.middleware.VerbsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.middleware.AdmissionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "evidence.admin.doors.DoorMiddleware",
]

ROOT_URLCONF = "config.urls"
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
            ],
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'quorum.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Without these three, concurrent writers see "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    }
else:
    # A new connection costs PostgreSQL a new process. One that was cut meanwhile is noticed before it is used.
    DATABASES["default"] = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, **DATABASES["default"]}
if PRODUCTION:
    refuse_weak_password("DATABASE_URL", DATABASES["default"].get("PASSWORD"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_AUTOREFRESH = DEBUG

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = ["access.backend.AccountBackend"]
# The first one hashes new passwords; one that was hashed by another is hashed anew when its person signs in.
PASSWORD_HASHERS = [
    f"django.contrib.auth.hashers.{name}"
    for name in ("Argon2PasswordHasher", "PBKDF2PasswordHasher", "ScryptPasswordHasher")
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": env.int("PASSWORD_LENGTH", default=12)},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# After so many attempts that fail, a name has to wait for so many minutes.
LOCK_AFTER = env.int("LOCK_AFTER", default=5)
LOCK_MINUTES = env.int("LOCK_MINUTES", default=15)
# How many proxies of ours stand before the site: which address of X-Forwarded-For is true.
PROXY_COUNT = env.int("PROXY_COUNT", default=1 if PRODUCTION else 0)
# Roles of reviews, or "superuser", whose people have to sign in with a second step.
SECOND_STEP_FOR = env.list("SECOND_STEP_FOR", default=[])
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)
# The name of the site on telephones.
SITE_NAME = env.str("SITE_NAME", default="Quorum")

# A session ends after so many minutes without work, and so many hours after its person signed in.
SESSION_ENGINE = "access.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_IDLE_MINUTES", default=120) * 60
SESSION_HOURS = env.float("SESSION_HOURS", default=12)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True

# Signing in through another house (OpenID Connect), where all three are given.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="") or urlsplit(OIDC_ISSUER).netloc

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

if OIDC_ISSUER:
    INSTALLED_APPS += ["allauth", "allauth.account", "allauth.socialaccount"]
    INSTALLED_APPS += ["allauth.socialaccount.providers.openid_connect"]
    MIDDLEWARE.insert(
        MIDDLEWARE.index("access.middleware.AdmissionMiddleware"), "allauth.account.middleware.AccountMiddleware"
    )
    ACCOUNT_ADAPTER = "access.other_house.AccountAdapter"
    SOCIALACCOUNT_ADAPTER = "access.other_house.HouseAdapter"
    SOCIALACCOUNT_ONLY = True
    ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
    _house = {"provider_id": "house", "name": OIDC_NAME, "client_id": OIDC_CLIENT_ID, "secret": OIDC_CLIENT_SECRET}
    _house |= {"settings": {"server_url": OIDC_ISSUER, "oauth_pkce_enabled": True}}
    SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [_house]}}
    # A form that leads to the other house may go there; a browser follows the rule on the way too.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += [
        f"{urlsplit(OIDC_ISSUER).scheme}://{urlsplit(OIDC_ISSUER).netloc}",
        *env.list("OIDC_ORIGINS", default=[]),
    ]

if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # Browsers take cookies with this beginning only over HTTPS, for this host alone and for all of its paths.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# Plugins by the name of their module. A wrong entry stops the start with a sentence; nothing is skipped.
BUILT_IN_PLUGINS = (
    "pooling",
    "subgroups",
    "meta_regression",
    "multilevel",
    "network",
    "bayes",
    "sensitivity",
    "choices",
    "small_study_effects",
    "clinical_relevance",
    "absolute_effects",
    "adverse_events",
    "summary",
    "grade",
)
PLUGINS = env.list("PLUGINS", default=[f"plugins.{name}" for name in BUILT_IN_PLUGINS])

# A plugin that takes longer, or more memory, is stopped; its run has failed.
PLUGIN_SECONDS = env.float("PLUGIN_SECONDS", default=300)
PLUGIN_MEMORY_MB = env.int("PLUGIN_MEMORY_MB", default=2048)

# Plugins that are chosen at first in the form of a new analysis.
NEW_ANALYSIS_PLUGINS = env.list("NEW_ANALYSIS_PLUGINS", default=["pooling", "sensitivity", "grade"])

# The largest file that is read as an import.
IMPORT_MAX_MEGABYTES = env.int("IMPORT_MAX_MEGABYTES", default=200)
# Files that people send: where they lie, for how many days, whether the request itself reads them (else a process of
# their own does), and after how many seconds without a sign of life that process is given up.
UPLOAD_DIR = Path(env.str("UPLOAD_DIR", default=str(VAR_DIR / "uploads")))
UPLOAD_KEEP_DAYS = env.int("UPLOAD_KEEP_DAYS", default=30)
UPLOADS_IN_PROCESS = env.bool("UPLOADS_IN_PROCESS", default=False)
UPLOAD_PATIENCE_SECONDS = env.float("UPLOAD_PATIENCE_SECONDS", default=30)
FILE_UPLOAD_HANDLERS = [
    "evidence.uploading.limit.WithinLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Alerts: where e-mail goes, the address of this site in them, and which addresses webhooks may have.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="quorum@localhost")
SITE_URL = env.str("SITE_URL", default="")
# Whether what reviews publish can be read without an account.
PUBLIC_PAGES = env.bool("PUBLIC_PAGES", default=True)
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", default=False)

# Without a broker, runs are computed in the process that asks for them. With one, workers compute them.
BROKER_URL = env.str("BROKER_URL", default="")
if PRODUCTION:
    refuse_weak_password("BROKER_URL", urlsplit(BROKER_URL).password)
# What is counted of requests: shared by all processes where there is a Redis, else by each process for itself.
if urlsplit(BROKER_URL).scheme in ("redis", "rediss"):
    CACHES = {
        "default": {
            "BACKEND": "config.shared_cache.SharedCache",
            "LOCATION": BROKER_URL,
            "KEY_PREFIX": "quorum",
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        }
    }
CELERY_BROKER_URL = BROKER_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = not BROKER_URL
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# How long the workers may leave a run that they were told of before they are told again.
QUEUE_PATIENCE_SECONDS = env.int("QUEUE_PATIENCE_SECONDS", default=60)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=10.0)
CELERY_BEAT_SCHEDULER = "config.beat:SteadyScheduler"
# Without "expires": a worker would hold it against its own clock, and one that is ahead would throw all of them away.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "analysis.sweep", "schedule": SWEEP_SECONDS},
    "deliver_due": {"task": "analysis.deliver_due", "schedule": 30.0},
    "run_due": {"task": "analysis.run_due", "schedule": 30.0},
    "rank_due": {"task": "analysis.rank_due", "schedule": 300.0},
}
# Celery closes no connection after a task; config.celery closes those that are old or were cut, before one.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_SOFT_TIME_LIMIT = 3300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the hard time limit, or the broker hands a task out a second time while it still runs.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3900,
    "unacked_restore_interval": 10,
    "queue_order_strategy": "priority",  # in the order of the queues below
}
# What brings requests on takes milliseconds and goes first; runs that may take long have a queue of their own. A worker
# takes from all of them in this order, unless it is told from which: -Q dispatch,short.
DISPATCH_QUEUE, SHORT_QUEUE, LONG_QUEUE = "dispatch", "short", "long"
CELERY_TASK_QUEUES = [Queue(name) for name in (DISPATCH_QUEUE, SHORT_QUEUE, LONG_QUEUE)]
CELERY_TASK_DEFAULT_QUEUE = DISPATCH_QUEUE
CELERY_TASK_ROUTES = {
    "analysis.compute_run": {"queue": SHORT_QUEUE},  # unless its message says another one
    "analysis.compute_part": {"queue": LONG_QUEUE},
    "analysis.rank_due": {"queue": LONG_QUEUE},
}
# A run's row is held this long without a sign of life before another worker may take it over. Workers renew it.
RUN_LEASE_SECONDS = env.int("RUN_LEASE_SECONDS", default=60)

# The interface for programs (docs/api.md). Limits are counted by each process of the web server on its own.
API_PERSON_RATE = env.str("API_PERSON_RATE", default="600/minute")
API_ADDRESS_RATE = env.str("API_ADDRESS_RATE", default="1200/minute")
API_MAX_BODY_KB = env.int("API_MAX_BODY_KB", default=4096)
API_ANSWERS_KEPT_DAYS = env.int("API_ANSWERS_KEPT_DAYS", default=7)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["evidence.api.identity.TokenIdentity", "evidence.api.identity.SessionIdentity"],
    "DEFAULT_PERMISSION_CLASSES": ["evidence.api.identity.MayEnter"],
    "DEFAULT_THROTTLE_CLASSES": ["evidence.api.rates.AddressRate", "evidence.api.rates.PersonRate"],
    "DEFAULT_RENDERER_CLASSES": ["evidence.api.rendering.Json", "evidence.api.rendering.Page"],
    "DEFAULT_PARSER_CLASSES": ["evidence.api.bodies.JsonBody"],
    "DEFAULT_FILTER_BACKENDS": ["evidence.api.filtering.Filters", "evidence.api.filtering.Words"],
    "DEFAULT_SCHEMA_CLASS": "evidence.api.describing.Schema",
    "EXCEPTION_HANDLER": "evidence.api.problems.answer_problem",
    "COERCE_DECIMAL_TO_STRING": False,
    "NUM_PROXIES": env.int("API_PROXIES", default=0),  # 0: the address is that of the connection, no header is believed
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Quorum",
    "DESCRIPTION": "Reviews, their evidence and their results for programs. What each request means: docs/api.md.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["evidence.api.identity.MayEnter"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ReviewStatus": "evidence.models.Review.Status",
        "ExtractionStatus": "evidence.models.Extraction.Status",
        "AssessmentStatus": "evidence.models.Assessment.Status",
        "RunStatus": "analysis.models.Run.Status",
        "JobStatus": "analysis.api.jobs.STATES",
        "AnalysisKind": "analysis.models.Analysis.Kind",
        "InstrumentKind": "evidence.models.Instrument.Kind",
        "HistoryKind": "evidence.api.histories.KIND_NAMES",
        "FindingState": "analysis.api.papers.STATES",
        "SnapshotState": "analysis.models.Snapshot.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "evidence.api.describing.add_refusals",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
