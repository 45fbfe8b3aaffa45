"""Compiles MJML to the HTML of an email.

Comes in: MJML that Jinja2 wrote. Goes out: HTML with styles inlined. `schema` says which tags are
allowed where, `compiler` checks and compiles, `source_map` finds the template's line of an error,
`inline_and_minify` inlines styles and minifies.
"""
