"""Turns a status and counts by state into Prometheus' metrics, one value each."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily

from digest.monitoring.counts import Counts
from digest.monitoring.problems import CODES, problems_of
from digest.monitoring.status import Status


class StatusCollector:
    """A collector for Prometheus' library, over values read for this one answer.

    Times are seconds since 1970, as Prometheus advises, so that a rule can tell their age.
    """

    def __init__(self, status: Status, counts: Counts) -> None:
        self._status = status
        self._counts = counts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._by_state()
        yield from self._processes()
        yield from self._schedules()
        yield from self._sources()
        yield from self._mail()
        yield from self._machine()

    def _by_state(self) -> Iterator[GaugeMetricFamily]:
        counts = self._counts
        yield _by("digest_subscribers", "People on the list.", "status", counts.subscribers)
        yield _by("digest_issues", "Issues.", "state", counts.issues)
        yield _by(
            "digest_runs", "Due times of schedules, by what came of them.", "state", counts.runs
        )
        yield _by("digest_batches", "Batches of issues under way.", "state", counts.batches)
        family = GaugeMetricFamily(
            "digest_deliveries", "Deliveries of issues under way.", labels=["issue", "state"]
        )
        for number, states in counts.deliveries.items():
            for state, many in states.items():
                family.add_metric([str(number), state], many)
        yield family

    def _processes(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "digest_process_seen_timestamp_seconds",
            "When a process was seen last.",
            labels=["kind", "host"],
        )
        newest: dict[tuple[str, str], float] = {}
        for one in self._status.processes:
            key = (one.kind, one.host)
            newest[key] = max(newest.get(key, 0), one.seen_at.timestamp())
        for labels, seen in newest.items():
            family.add_metric(labels, seen)
        yield family

    def _schedules(self) -> Iterator[GaugeMetricFamily]:
        due = GaugeMetricFamily(
            "digest_schedule_next_due_timestamp_seconds",
            "When a schedule comes due next.",
            labels=["schedule"],
        )
        last = GaugeMetricFamily(
            "digest_schedule_last_run_timestamp_seconds",
            "The newest due time of a schedule, by what came of it.",
            labels=["schedule", "state"],
        )
        for one in self._status.schedules:
            if one.next_due:
                due.add_metric([one.name], one.next_due.timestamp())
            if one.last:
                last.add_metric([one.name, one.last.state], one.last.due_at.timestamp())
        yield from (due, last)

    def _sources(self) -> Iterator[GaugeMetricFamily]:
        read = GaugeMetricFamily(
            "digest_source_read_timestamp_seconds",
            "When a source was last read without a failure.",
            labels=["source"],
        )
        failures = GaugeMetricFamily(
            "digest_source_failures", "Fetches that failed since then.", labels=["source"]
        )
        for one in self._status.sources:
            if one.active:
                failures.add_metric([one.name], one.failures)
                if one.read_at:
                    read.add_metric([one.name], one.read_at.timestamp())
        yield from (read, failures)

    def _mail(self) -> Iterator[GaugeMetricFamily]:
        status = self._status
        yield GaugeMetricFamily(
            "digest_uncertain_deliveries",
            "Deliveries of the last 30 days that may not have arrived.",
            value=sum(status.uncertain.values()),
        )
        yield _by(
            "digest_suppressed_last_week",
            "Addresses suppressed within 7 days.",
            "reason",
            status.suppressed,
        )
        yield GaugeMetricFamily(
            "digest_mail_queue", "Messages to single readers that wait.", value=status.queue
        )
        yield GaugeMetricFamily(
            "digest_mail_queue_oldest_timestamp_seconds",
            "Since when the oldest of them waits; now if none does.",
            value=(status.oldest or status.at).timestamp(),
        )

    def _machine(self) -> Iterator[GaugeMetricFamily]:
        status = self._status
        build = GaugeMetricFamily(
            "digest_build_info", "Versions.", labels=["version", "python", "database"]
        )
        build.add_metric([status.version, status.python, status.database_version], 1)
        yield build
        if status.disk:
            yield GaugeMetricFamily(
                "digest_database_disk_free_bytes",
                "Left on the disk of the database's file.",
                value=status.disk.free,
            )
        codes = dict.fromkeys(CODES, 0)
        for problem in problems_of(status):
            codes[problem.code] += 1
        yield _by("digest_problems", "What needs a person: digest status.", "code", codes)


def _by(name: str, what: str, label: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=[label])
    for value, many in counts.items():
        family.add_metric([value], many)
    return family
