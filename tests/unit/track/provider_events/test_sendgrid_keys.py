"""The key of an event is its time and the hash of its content, as stores hold it since 0029."""

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from digest.track.provider_events.sendgrid import parse_webhook
from digest.track.provider_events.sendgrid_payload import SendGridEvent
from subscribers.tokens import Tokens

TOKENS = Tokens(["a secret of the tests that is long enough"])
_FREE = sorted(SendGridEvent.__annotations__.keys() - {"event", "timestamp", "sg_event_id"})
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
_EVENTS = st.fixed_dictionaries(
    {
        "event": st.text(max_size=12).filter(str.isprintable),
        "timestamp": st.integers(0, 2**33 - 1),
    },
    optional={**dict.fromkeys(_FREE, _VALUES), "sg_event_id": st.just("an-id"), "ip": st.text()},
)


_TEXTS = dict.fromkeys(sorted(set(_FREE) - {"sg_machine_open"}), st.text(max_size=12))
_USUAL_EVENTS = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["delivered", "open", 'a"b']),
        "timestamp": st.integers(0, 2**33 - 1),
    },
    optional={**_TEXTS, "sg_machine_open": st.booleans(), "category": st.lists(st.text())},
)


@given(st.lists(_USUAL_EVENTS, min_size=1, max_size=6))
def test_events_of_the_usual_types_that_are_posted_together_have_the_same_keys(
    posted: list[dict[str, Any]],
) -> None:
    keys = [one.key for one in parse_webhook(json.dumps(posted).encode(), TOKENS)]
    assert keys == [_key(one) for one in posted]


@given(_EVENTS)
def test_the_key_is_the_hash_of_the_fields_in_order(posted: dict[str, Any]) -> None:
    (event,) = parse_webhook(json.dumps([posted]).encode(), TOKENS)
    assert event.key == _key(posted)


def _key(posted: dict[str, Any]) -> str:
    said = {name: one for name, one in posted.items() if name in {"event", "timestamp", *_FREE}}
    text = json.dumps(said, sort_keys=True, default=str).encode()
    digest = hashlib.sha256(text).hexdigest()
    return f"sendgrid:{posted['timestamp']:09x}{digest[:32]}"
