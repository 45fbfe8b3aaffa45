"""Puts what the gate finds at the place on the page that it concerns."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from digest.gate import Finding
from digest.gate.findings import Code
from digest.issues.revisions import fields
from digest.web.studio.common import without_cli_hint
from digest.web.studio.edit.values import Placed

MAIL = "mail"
"""The place of what concerns the mail as a whole."""
SIZE = "size"
_PLACES = {
    Code.SIZE: SIZE,
    Code.SIZE_BUDGET: SIZE,
    Code.SIZE_CLIPPED: SIZE,
    Code.SUBJECT_EMPTY: fields.SUBJECT,
    Code.SUBJECT_LONG: fields.SUBJECT,
    Code.SUBJECT_REPEATED: fields.SUBJECT,
    Code.PREHEADER_EMPTY: fields.PREHEADER,
    Code.PREHEADER_LONG: fields.PREHEADER,
    Code.PREHEADER_REPEATS: fields.PREHEADER,
}


def placed(findings: Iterable[Finding], slugs: Iterable[str]) -> Mapping[str, Placed]:
    """Return the findings by place: a field of the issue, a comparison's slug, `size` or `mail`."""
    found: dict[str, list[Finding]] = defaultdict(list)
    known = tuple(slugs)
    for one in findings:
        found[place_of(one, known)].append(replace(one, fix=without_cli_hint(one.fix)))
    return {place: tuple(those) for place, those in found.items()}


def place_of(finding: Finding, slugs: Iterable[str]) -> str:
    """Return where on the page a finding belongs."""
    if finding.code in _PLACES:
        return _PLACES[finding.code]
    where = finding.where.split(",")[0].strip()
    kind = fields.kind_of(where)
    if kind in fields.OF_THE_ISSUE:
        return kind
    if fields.slug_of(where) in slugs:
        return where if fields.is_text(where) else fields.slug_of(where)
    said = f" {finding.where} {finding.what} "
    return next((slug for slug in slugs if f" {slug}:" in said or f" {slug} " in said), MAIL)
