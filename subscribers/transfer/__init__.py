"""Imports and exports subscriber lists as CSV.

    bytes -> encoding -> csv_file (blocks of rows) -> columns (people of a block) -> batch

What a row says is told by `rows`, with `formats` (the columns of other tools); `columns` takes the
short way where many rows say no more than an address and a name.

`run` joins the stages and counts what became of each row; `refused_rows` writes what was refused
to a file that can be corrected and imported again; `export` writes the list back out. Comes in:
a binary file. Goes out: rows in the subscriber tables, and counts that add up to the rows read.
"""
