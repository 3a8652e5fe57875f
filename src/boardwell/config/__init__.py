"""The composition root: settings, URLs, security headers, logging, the worker and the WSGI entry."""
