"""The web application: pages for readers, webhooks, metrics, and the editors' studio.

Comes in: HTTP requests. Goes out: pages, redirects, JSON. Handlers are thin: they read the request,
call a room below, which holds the queries and the decisions, and choose the answer.
"""
