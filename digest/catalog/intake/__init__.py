"""Reads comparisons: page text, HTML or JSON to `ComparisonPage` values.

    sources (files, folders, standard input)
      -> text | html | json_form     one reader for each form
      -> ComparisonPage | PageError  never another exception

`limits` says how much a page may hold, `cleaning` which characters.
"""
