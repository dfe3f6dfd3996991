"""`parlour doctor`: looks at a whole installation, and says how to mend what is wrong with it.

It changes nothing, and may be run beside the server. Each check is a generator of what it found;
one more is a function in `CHECKS`.
"""

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from parlour.doctor import backups, configured, data, folder, outside, place, stored
from parlour.doctor.finding import Check, Finding, Given, Kind
from parlour.settings import Settings, Wrong

__all__ = ["examine", "run"]

_SIGNS: Final[dict[Kind, str]] = {"ok": "ok", "warning": "warning", "fault": "FAULT"}
CHECKS: Final[Sequence[Check]] = (
    place.program, place.clock, configured.settings, configured.file, folder.folder, place.disk,
    place.handles, place.certificate, folder.left, data.database, backups.last, backups.place,
    data.keys, stored.kept, stored.bucket, stored.in_bucket,
    data.redis, outside.here, outside.browser,
)  # fmt: skip
_DATABASE: Final = frozenset({"data_dir", "database_url"})
# Settings without which a check would look at something else than what is meant.
_NEEDED: Final[Mapping[Check, frozenset[str]]] = {
    folder.folder: frozenset({"data_dir"}),
    folder.left: _DATABASE | {"backup_to"},
    place.disk: frozenset({"data_dir"}),
    place.handles: frozenset({"max_connections"}),
    place.certificate: frozenset({"tls_certificate", "tls_key"}),
    data.database: _DATABASE,
    backups.last: _DATABASE | {"backup_to", "backup_every"},
    backups.place: frozenset({"data_dir", "backup_to"}),
    data.keys: _DATABASE,
    stored.kept: _DATABASE | {"s3_bucket", "redis_url"},
    stored.bucket: frozenset({"s3_bucket", "s3_endpoint", "s3_region"}),
    stored.in_bucket: _DATABASE | {"s3_bucket", "s3_endpoint", "s3_region"},
    outside.here: frozenset({"host", "port", "tls_certificate", "tls_key"}),
}


def examine(given: Given) -> Iterator[Finding]:
    """What is found, one after the other."""
    wrong = {each.name for each in given.wrong}
    for check in CHECKS:
        if wrong & _NEEDED.get(check, frozenset()):
            continue
        try:
            yield from check(given)
        except Exception as error:  # noqa: BLE001 - the others are still to be looked at
            words = f"It could not be looked at: {error!r}."
            yield Finding("fault", check.__name__, words, "This is a fault of Parlour: report it.")


def run(settings: Settings, wrong: Sequence[Wrong], options: Namespace) -> int:
    """Say what is found; the exit status: 1 where there is a fault."""
    given = Given(settings, options.url or "", options.deep, wrong)
    counts = _tell(examine(given))
    said = [_plural(counts["fault"], "fault"), _plural(counts["warning"], "warning")]
    sys.stdout.write(f"{' and '.join(said)}.\n")
    return 1 if counts["fault"] else 0


def _tell(findings: Iterable[Finding]) -> Counter[Kind]:
    counts: Counter[Kind] = Counter()
    for each in findings:
        counts[each.kind] += 1
        sys.stdout.write(f"{_SIGNS[each.kind]:8} {each.what}: {each.seen}\n")
        if each.mend:
            sys.stdout.write(f"{'':8} To mend it: {each.mend}\n")
        sys.stdout.flush()
    return counts


def _plural(count: int, name: str) -> str:
    if not count:
        return f"no {name}s"
    return f"1 {name}" if count == 1 else f"{count} {name}s"
