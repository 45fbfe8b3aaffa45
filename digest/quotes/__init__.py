"""Chooses what is quoted: takes the reviews of an issue's picks, gives whole sentences of them.

In: the words of reviews as their page published them. Out: for each tool one pull quote, for each
brief and each row of a group one telling line, verbatim, with the lens it is by. Pure functions; no
store, no clock, no markup. A verdict is passed on where the source states it and never read out of
the words: signals of the words rank sentences and nothing else.
"""
