"""digest database: schema, backups, copies, and whether mail may be sent from it.

Comes in: files and URLs. Goes out: databases, files, and lines that say what is in them.
"""
