"""Sources: where new comparisons come from, read by the worker, each with a rhythm of its own.

Comes in: feeds, sitemaps, lists of pages, JSON and folders, over HTTP or from the disk. Goes out:
comparisons in the store, a row for each page that a source named, and a row for each fetch.

    reader     what a worker calls: sources that are due, claimed so that each has one reader
      -> fetch         one source, from its list to its pages
           -> listing  its documents, with conditional requests -> `kinds` -> entries
           -> known    which entries are new or changed
           -> pages    a page's bytes to a comparison
      -> silence       warns of sources that bring nothing before a schedule is due
    manual     a page that an editor pastes, uploads or names by its address
    registry   sources as an operator adds, pauses and removes them

`http` asks other servers: addresses checked, sizes and times bounded, robots.txt kept to. A page
that vanished deletes nothing.
"""
