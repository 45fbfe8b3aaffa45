"""The MJML that templates may use: tags, their children, and their attributes.

Source: MJML 4.18's component and dependency tables (documentation.mjml.io). Left out on purpose:
`mj-include` (reads files), `mj-font` (fetches), `mj-social`, `mj-carousel`, `mj-accordion`,
`mj-navbar` and `mj-hero` (they need images or tricks that few clients support), and
`mj-html-attributes` (the MJML library refuses it).
"""

ROOT = "mjml"

CHILDREN: dict[str, frozenset[str]] = {
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": frozenset(
        {"mj-title", "mj-preview", "mj-attributes", "mj-breakpoint", "mj-style", "mj-raw"}
    ),
    "mj-body": frozenset({"mj-wrapper", "mj-section", "mj-raw"}),
    "mj-wrapper": frozenset({"mj-section", "mj-raw"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": frozenset(
        {"mj-text", "mj-table", "mj-button", "mj-divider", "mj-spacer", "mj-image", "mj-raw"}
    ),
}
"""The tags allowed directly in each tag. A tag without an entry holds no MJML."""

HOLD_HTML = frozenset({"mj-text", "mj-table", "mj-button", "mj-raw"})
HOLD_TEXT = frozenset({"mj-title", "mj-preview", "mj-style"})

_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_BORDER = "border border-top border-right border-bottom border-left border-radius"
_FONT = "color font-family font-size font-style font-weight line-height letter-spacing"
_BACKGROUND = (
    "background-color background-url background-repeat background-size background-position "
    "background-position-x background-position-y"
)
_SECTION = f"{_BACKGROUND} {_BORDER} {_PADDING} direction full-width text-align text-padding"


def _names(*lists: str) -> frozenset[str]:
    return frozenset(" ".join(lists).split()) | {"css-class", "mj-class"}


ATTRIBUTES: dict[str, frozenset[str]] = {
    "mjml": frozenset({"lang", "dir"}),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-attributes": frozenset(),
    "mj-breakpoint": frozenset({"width"}),
    "mj-style": frozenset({"inline"}),
    "mj-raw": frozenset({"position"}),
    "mj-body": _names("width background-color"),
    "mj-wrapper": _names(_SECTION, "gap"),
    "mj-section": _names(_SECTION),
    "mj-group": _names("background-color direction vertical-align width"),
    "mj-column": _names(
        _BORDER,
        _PADDING,
        "background-color direction vertical-align width inner-background-color inner-border",
        "inner-border-top inner-border-right inner-border-bottom inner-border-left",
        "inner-border-radius",
    ),
    "mj-text": _names(
        _FONT,
        _PADDING,
        "align height container-background-color text-decoration text-transform vertical-align",
    ),
    "mj-table": _names(
        _PADDING,
        "align border cellpadding cellspacing container-background-color color font-family",
        "font-size font-weight line-height role table-layout vertical-align width",
    ),
    "mj-button": _names(
        _FONT,
        _PADDING,
        _BORDER,
        "align background-color container-background-color height href inner-padding name rel",
        "target text-align text-decoration text-transform title vertical-align width",
    ),
    "mj-divider": _names(
        _PADDING,
        "align border-color border-style border-width container-background-color width",
    ),
    "mj-spacer": _names(_PADDING, "container-background-color height"),
    "mj-image": _names(
        _BORDER,
        _PADDING,
        "align alt container-background-color fluid-on-mobile font-size height href max-height",
        "name rel sizes src srcset target title width",
    ),
}

IN_MJ_ATTRIBUTES: dict[str, frozenset[str]] = {
    "mj-all": frozenset().union(*ATTRIBUTES.values()),
    "mj-class": frozenset().union(*ATTRIBUTES.values()) | {"name"},
    **{tag: names for tag, names in ATTRIBUTES.items() if "css-class" in names},
}
"""Attributes with defaults: in `mj-attributes` a tag's name means all its uses."""
