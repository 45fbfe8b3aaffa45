"""Drives a listmonk that the user has built, and ours beside it in the same run.

In comes a folder that holds its binary; out goes a table of both on the same machine, list, message
and sink. It is driven by what its documentation names alone (settings, import, templates, campaigns
over HTTP); none of its code is here.
"""
