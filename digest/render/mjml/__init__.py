"""MJML to the HTML of an email.

Comes in: MJML that Jinja2 wrote. Goes out: HTML with styles inlined. `schema` says which tags are
allowed where, `source_map` leads from a line of MJML to the template's line, `postprocess` takes
out bytes that say nothing.
"""
