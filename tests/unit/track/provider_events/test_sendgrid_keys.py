"""The key of an event is its time and the hash of its content, as stores hold it since 0029."""

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from digest.track.provider_events.sendgrid import SendGridEvent, parse_webhook
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


@given(_EVENTS)
def test_the_key_is_the_hash_of_the_fields_in_order(posted: dict[str, Any]) -> None:
    (event,) = parse_webhook(json.dumps([posted]).encode(), TOKENS)
    said = {name: one for name, one in posted.items() if name in {"event", "timestamp", *_FREE}}
    text = json.dumps(said, sort_keys=True, default=str).encode()
    digest = hashlib.sha256(text).hexdigest()
    assert event.key == f"sendgrid:{posted['timestamp']:09x}{digest[:32]}"
