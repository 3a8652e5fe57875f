"""The WSGI entry; starts the embedded worker when settings say so."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "boardwell.config.settings")
application = get_wsgi_application()
gc.freeze()  # what a start reads lives until the end: looking through it for garbage takes a tenth of a second, in some visitor's request

if os.environ.get("BOARDWELL_SERVING") == "1":
    from django.conf import settings

    if settings.EMBEDDED_WORKER:
        from boardwell.kernel.tasks.worker import start_in_background

        start_in_background()
