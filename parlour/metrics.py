"""What an operator's monitoring asks of a server, in Prometheus' words.

Nothing is kept for it but plain numbers (`support/counts.py`): all else is made of them and of what
is there anyway, when somebody asks. A new figure is one line of `_families`, one of
docs/operations.md, and where nobody counts it yet one of `Counts`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from typing import Any, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    Metric,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from parlour import __version__, jobs
from parlour.context import Context
from parlour.store.readers import READERS
from parlour.support.counts import COUNTS, Histogram
from parlour.support.volume import Space

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
# HTTP connections, by where they stand at the door.
_PLACES: Final = ("waiting", "receiving", "answering", "idle", "lingering", "leaving")
# What is to be warned of is told from the start, at 0: of a figure that begins with its first 1
# nobody can say that it has risen.
_DOORS: Final = ("http", "websocket")
_TROUBLE: Final = ("busy", "internal", "storage_full")
_FAULTS: Final = ("full", "locked", "lost", "readonly", "disk", "damaged")
_OUTCOMES: Final = ("done", "failed", "given_up")
_RESUMES: Final = (("replayed", "reset", "unchanged"), ("came", "gap"))
# Which services do the work behind, and so know of backups (`services.py`).
_WORKING: Final = ("", "worker")


def look(context: Context, space: Space | None = None) -> list[Metric]:
    """The figures as they are just now; to be called in the event loop, to which they belong.

    What there is of `space` is asked before, where the disk answers.
    """
    return [*_families(context), *_of_the_disk(space)]


def text_of(figures: Iterable[Metric]) -> bytes:
    """Them as text, and with them those of the process; it takes a moment, and may in a thread."""
    registry = CollectorRegistry()
    registry.register(_Looked(figures))
    # CPU, memory, file handles, since when it runs; which Python, and its collector of garbage.
    for kind in (ProcessCollector, PlatformCollector, GCCollector):
        kind(registry=registry)
    return generate_latest(registry)


class _Looked(Collector):
    """Figures that were looked at."""

    def __init__(self, figures: Iterable[Metric]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        return self._figures


def _families(context: Context) -> Iterator[Metric]:
    service = context.settings.only or "all"
    yield _info("parlour_build", "This program", version=__version__, service=service)
    yield _gauge("parlour_closing", "1 while it stops", context.closing)
    certificate = context.certificate
    ends = 0.0 if certificate is None else certificate.ends.timestamp()
    about = "When the certificate of TLS ends; 0 where there is none"
    yield _gauge("parlour_certificate_end_timestamp_seconds", about, ends)
    yield from _of_connections(context)
    yield from _of_refusals()
    yield from _of_the_database(context)
    yield from _of_the_event_loop(context)
    about = "When this installation began: without a backup it is as old"
    installed = context.database.installed_at / 1000
    yield _gauge("parlour_installed_timestamp_seconds", about, installed)
    if context.settings.only in _WORKING:
        yield from _of_backups()
    yield from _of_other_nodes(context)


def _of_connections(context: Context) -> Iterator[Metric]:
    connections, people, rooms = context.manager.sizes
    door = context.door
    yield _gauge("parlour_connections", "WebSockets that are open", connections)
    if door is not None:
        most = door.most_websockets
        yield _gauge("parlour_connections_limit", "How many may be", most)
        places = {place: len(getattr(door, place)) for place in _PLACES}
        about = "Connections of plain HTTP, by what they do"
        yield _gauges("parlour_http_connections", about, "state", places)
    yield _counter("parlour_connections_opened", "WebSockets that came in", COUNTS.connections)
    about = "WebSockets that were let go, by why: they were too slow, or did not answer"
    cut = {reason: COUNTS.cut[reason] for reason in ("slow", "silent")}
    yield _counters("parlour_connections_cut", about, ("reason",), _one(cut))
    yield _gauge("parlour_people", "People who are connected", people)
    yield _gauge("parlour_rooms_followed", "Rooms that somebody here follows", rooms)
    yield _counter("parlour_messages_stored", "Messages that were said here", COUNTS.messages)
    about = "Frames written to those who follow rooms or the list of them, one for each of them"
    yield _counter("parlour_deliveries", about, COUNTS.deliveries)
    about = "From a commit until the last who follows its room was written to; of each batch one"
    yield _histogram("parlour_fan_out_lag_seconds", about, COUNTS.fan_out_lag)
    about = "Who said up to where they had a room, by what they got and why they asked"
    resumes = {**dict.fromkeys(product(*_RESUMES), 0), **COUNTS.resumes}
    yield _counters("parlour_resumes", about, ("outcome", "reason"), resumes)


def _of_refusals() -> Iterator[Metric]:
    about = "What was refused, by the door and the code of docs/protocol.md"
    refusals = {**dict.fromkeys(product(_DOORS, _TROUBLE), 0), **COUNTS.refusals}
    yield _counters("parlour_refusals", about, ("door", "code"), refusals)
    about = "What was too much in a short time, by what was asked and who shares it"
    yield _counters("parlour_limited", about, ("budget", "scope"), COUNTS.limited)
    answers = {f"{digit}xx": COUNTS.answers[digit] for digit in range(2, 6)}
    about = "Answers of HTTP, by their status"
    yield _counters("parlour_http_answers", about, ("status",), _one(answers))


def _of_the_database(context: Context) -> Iterator[Metric]:
    load = context.database.load
    about = "Jobs that the writer committed together"
    yield _histogram("parlour_commit_group_size", about, COUNTS.group_sizes)
    about = "How long it took to commit what was committed together"
    yield _histogram("parlour_commit_seconds", about, COUNTS.group_seconds)
    yield _gauge("parlour_writes_waiting", "Jobs of the writer without an answer yet", load.writes)
    yield _gauge("parlour_readers", "Connections by which the database is read", READERS)
    yield _gauge("parlour_readers_busy", "How many of them are in use", load.reading)
    yield _gauge("parlour_reads_waiting", "Reads that wait for one", load.waiting)
    about = "What the database could not do, by why"
    faults = {kind: COUNTS.database_faults[kind] for kind in _FAULTS}
    yield _counters("parlour_database_faults", about, ("reason",), _one(faults))


def _of_the_event_loop(context: Context) -> Iterator[Metric]:
    about = "How late a timer ran that is due four times a second"
    yield _histogram("parlour_event_loop_lag_seconds", about, COUNTS.lag)
    about = "Tasks of the event loop: one for each WebSocket, and a few more"
    yield _gauge("parlour_tasks", about, len(asyncio.all_tasks()))
    passwords, searches = context.passwords.waiting, context.searches.waiting
    yield _gauge("parlour_passwords_waiting", "Passwords in work or in the queue", passwords)
    yield _gauge("parlour_searches_waiting", "Searches in work or in the queue", searches)
    yield _gauge("parlour_uploads", "Files on their way in", context.receiving.coming)
    yield _gauge("parlour_jobs_running", "Background jobs in work", COUNTS.jobs_running)
    about = "Tries of background jobs, by kind and what became of them: done, failed or given_up"
    tries = {**dict.fromkeys(product(jobs.kinds(), _OUTCOMES), 0), **COUNTS.jobs}
    yield _counters("parlour_jobs", about, ("kind", "outcome"), tries)
    about = "Messages that were taken away here because their time was over"
    yield _counter("parlour_messages_purged", about, COUNTS.purged)
    about = "How long batches of these kept the writer"
    yield _histogram("parlour_purge_seconds", about, COUNTS.purge_seconds)
    about = "Messages that holds have set aside, as this node counted them last"
    yield _gauge("parlour_messages_held", about, COUNTS.held)


def _of_the_disk(space: Space | None) -> Iterator[Metric]:
    if space is not None:
        yield _gauge("parlour_disk_bytes", "The disk of the data directory", space.total)
        yield _gauge("parlour_disk_free_bytes", "What is free of it", space.free)


def _of_backups() -> Iterator[Metric]:
    made = COUNTS.backup
    about = "When the last backup that is known of was begun; 0 where there is none"
    at = 0.0 if made is None else made.at / 1000
    yield _gauge("parlour_backup_last_timestamp_seconds", about, at)
    about = "How large that one is"
    yield _gauge("parlour_backup_last_size_bytes", about, 0 if made is None else made.bytes)
    about = "How long that one took"
    yield _gauge("parlour_backup_last_duration_seconds", about, made.seconds if made else 0)
    yield _gauge("parlour_backup_running", "1 while this server makes one", COUNTS.backup_running)
    about = "Backups that were due on this server and failed"
    yield _counter("parlour_backup_failures", about, COUNTS.backup_failures)


def _of_other_nodes(context: Context) -> Iterator[Metric]:
    if context.peers is None:
        return
    among = context.peers.among()
    yield _gauge("parlour_broker_connected", "1 while Redis is there", among.connected)
    yield _gauge("parlour_nodes_heard", "Other nodes that were heard of", among.others)
    yield _gauge("parlour_journal_head", "The journal's newest entry told here", among.head)
    about = "Entries of the journal by other nodes that were told here"
    yield _counter("parlour_journal_entries_told", about, COUNTS.entries_told)
    about = "How many of them had to be looked for, because no hint had come"
    yield _counter("parlour_journal_entries_looked_up", about, COUNTS.entries_looked_up)
    about = "How often something was lost that another node said; it was made good"
    yield _counter("parlour_broker_gaps", about, COUNTS.gaps)
    about = "How often a pace was counted by this node alone, because Redis did not answer"
    yield _counter("parlour_paces_alone", about, among.paces_alone)


def _one(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}


def _info(name: str, about: str, **labels: str) -> Metric:
    return InfoMetricFamily(name, f"{about}.", labels)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, f"{about}.", float(value))


def _gauges(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    made = GaugeMetricFamily(name, f"{about}.", labels=[label])
    for each, value in values.items():
        made.add_metric([each], value)
    return made


def _counter(name: str, about: str, value: float) -> Metric:
    return _counters(name, about, (), {(): value})


def _counters(name: str, about: str, labels: Sequence[str], values: Mapping[Any, float]) -> Metric:
    # The values by those of the labels, in their order.
    made = CounterMetricFamily(name, f"{about}.", labels=labels)
    for each, value in values.items():
        made.add_metric(each, value)
    return made


def _histogram(name: str, about: str, found: Histogram) -> Metric:
    bounds = [*map(str, map(float, found.bounds)), "+Inf"]
    buckets = list(zip(bounds, accumulate(found.counts), strict=True))
    return HistogramMetricFamily(name, f"{about}.", buckets, found.total)
