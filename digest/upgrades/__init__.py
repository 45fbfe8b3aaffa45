"""Upgrades a store to this version's schema, or tries it; and ends processes of another version.

Comes in: a store of any released schema. Goes out: one of this version with the same rows, a backup
of what was before, and an account of what was done; or one line why not, and nothing changed.

    perform   backs up, upgrades, and says what it did; or tries it without effect
    senders   whether anything is being sent
    watch     ends a process whose database got another version's schema
"""
