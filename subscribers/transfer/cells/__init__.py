"""Single cells of a CSV file: dates, dressed addresses, formulas.

Comes in: the text of one cell. Goes out: its value, or the question that it leaves open.
"""
