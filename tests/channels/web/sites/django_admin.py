"""Django's own administration of its users, in Chinese, on a free port that is printed once it listens."""

import os
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.management import call_command

APPS = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
MIDDLEWARE = ("sessions.middleware.Session", "auth.middleware.Authentication", "messages.middleware.Message")
CONTEXT = ("template.context_processors.request", "contrib.auth.context_processors.auth",
           "contrib.messages.context_processors.messages")  # fmt: skip

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(sys.argv[1]) / "site.sqlite"}},
    DEBUG=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[f"django.contrib.{app}" for app in APPS],
    LANGUAGE_CODE="zh-hans",
    MIDDLEWARE=[f"django.contrib.{one}Middleware" for one in MIDDLEWARE],
    ROOT_URLCONF=__name__,
    SECRET_KEY="x" * 50,
    STATIC_URL="/static/",
    TEMPLATES=[
        {
            "APP_DIRS": True,
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"context_processors": [f"django.{one}" for one in CONTEXT]},
        }
    ],
)
django.setup()

from django.contrib import admin  # noqa: E402 - only now can it be imported
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls)]


class Server(ThreadingMixIn, WSGIServer):
    """One that answers several at once, as a browser asks."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """One that keeps the test's output clean."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


call_command("migrate", verbosity=0)
os.environ["DJANGO_SUPERUSER_PASSWORD"] = sys.argv[2]
call_command("createsuperuser", interactive=False, username="probe", email="probe@example.com", verbosity=0)
with make_server("127.0.0.1", 0, StaticFilesHandler(get_wsgi_application()), Server, Quiet) as server:
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
