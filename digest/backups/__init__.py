"""Makes backups, proves them, and puts them back so that nobody is mailed twice.

Comes in: the store. Goes out: one file, a SQLite database whichever kind the store is, encrypted
where a recipient is given; and from such a file a store that is held.

    scheduled   makes the backup that is due, and removes old ones
    create      makes one and proves it before it has its name
    restore     puts one in the place of the store
    copy_to     copies the store into another database
    verify      says what is in one, restored aside
    prepared    a private copy of a file, decrypted, checked and upgraded
    snapshot    all rows of a store at one moment, in a SQLite file
    contents    counts what is in a database, and whether its counts agree
    record      what a file says about itself
"""
