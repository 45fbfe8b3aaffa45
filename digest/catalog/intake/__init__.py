"""Reads comparisons: page text, Markdown, HTML or JSON to `ComparisonPage` values.

    sources (files, folders, standard input)
      -> decoding                            byte order mark, declared charset, UTF-8
      -> text | markdown | html | json_form  one reader for each form
      -> ComparisonPage | PageError          never another exception

`limits` says how much a page may hold, `cleaning` which characters.
"""
