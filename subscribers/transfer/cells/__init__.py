"""Reads and writes single cells of a CSV file: dates, addresses, formulas.

Comes in: the text of one cell. Goes out: its value, or the question that it leaves open.
"""
