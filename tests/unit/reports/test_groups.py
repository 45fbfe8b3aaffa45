"""No group of fewer than five people is told, nor can one be told from the sum."""

from hypothesis import given
from hypothesis import strategies as st

from digest.reports.mailbox_domains import DOMAINS
from digest.reports.mailbox_providers import MIN_PEOPLE, OTHERS, ProviderCounts, fold_small

NAMES = (*DOMAINS, OTHERS)
SIZES = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 12))


@given(SIZES)
def test_no_group_is_small_and_nobody_is_lost(sizes: dict[str, int]) -> None:
    found = fold_small({name: ProviderCounts(people=size) for name, size in sizes.items()})
    total = sum(sizes.values())
    assert all(one.people >= MIN_PEOPLE for one in found.values())
    told = sum(one.people for one in found.values())
    assert told == (total if total >= MIN_PEOPLE else 0)


def test_one_person_among_the_others_takes_the_next_group_along() -> None:
    found = fold_small(
        {"gmail": ProviderCounts(50), "yahoo": ProviderCounts(7), OTHERS: ProviderCounts(1)}
    )
    assert found == {"gmail": ProviderCounts(50), OTHERS: ProviderCounts(8)}


def test_each_domain_is_one_providers() -> None:
    every = [one for names in DOMAINS.values() for one in names]
    assert len(every) == len(set(every))
    assert all(one == one.lower() and "." in one for one in every)
    assert "yahoo.co.jp" not in every
