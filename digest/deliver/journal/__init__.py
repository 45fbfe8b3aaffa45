"""Notes what a sending process begins and what it is answered, in a file that outlives it.

Comes in: claims, the deliveries whose message is about to be handed over, outcomes. Goes out: for
whoever finds a dead worker's batches, which deliveries were never begun and which were answered;
only the rest is uncertain.

    format    the bytes of a journal: a header, a word for each delivery, answers
    file      one journal being written, a file for each claim
    writer    all journals of one run
    folder    where journals are, reading those of dead workers, sweeping old ones
    identity  tells a journal from a copy of it

Nothing is synced: the page cache outlives a killed process, and a machine that lost power has
another boot id, by which its journals count for nothing.
"""
