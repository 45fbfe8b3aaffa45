"""Imports and exports subscriber lists as CSV.

    bytes -> encoding -> csv_file (rows) -> formats (columns by tool) -> rows (people) -> batch

`run` joins the stages and counts what became of each row; `refused_rows` writes what was refused
to a file that can be corrected and imported again; `export` writes the list back out. Comes in:
a binary file. Goes out: rows in the subscriber tables, and counts that add up to the rows read.
"""
