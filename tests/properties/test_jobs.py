"""Several nodes take, lose, end and put off jobs in any order: each is done once, by one."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine, select

from parlour.store import jobs as rows
from parlour.store.jobs import Taken
from parlour.store.tables import jobs
from tests.properties.one_room import PHASES
from tests.support.timing import BRIEF, LONG

EXAMPLES, STEPS = (500, 80) if LONG else (20, 40) if BRIEF else (60, 40)
KINDS = ("one", "other")
# Seconds that a job is somebody's.
LEASE = 20
NODES = st.sampled_from(("a", "b", "c"))


class Queue(RuleBasedStateMachine):
    """A table of jobs, whoever has taken some of them, and a clock that mostly goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://")
        jobs.create(self.engine)
        self.connection = self.engine.connect()
        self.now = 1_000_000
        self.real = rows.now_ms
        rows.now_ms = lambda connection: self.now
        # By the word of each job: how often it was done.
        self.done: dict[str, int] = {}
        self.due: dict[str, int] = {}
        self.gone: set[str] = set()
        # What nodes believe to have, also long after.
        self.held: list[Taken] = []

    def teardown(self) -> None:
        """In the end everything is done that was not taken back."""
        try:
            for _ in range(3):
                self.now += 10_000_000
                for taken in rows.take(self.connection, KINDS, "last", 1_000, LEASE):
                    if rows.end(self.connection, taken):
                        self.done[taken.payload] += 1
            assert rows.due_in(self.connection, KINDS) is None
            for word, times in self.done.items():
                assert times == (0 if word in self.gone else 1), word
        finally:
            rows.now_ms = self.real
            self.connection.close()
            self.engine.dispose()

    @rule(kind=st.sampled_from(KINDS), wait=st.integers(-5, 60))
    def put(self, kind: str, wait: int) -> None:
        """Put a job, for now or for a while later."""
        word = f"job {len(self.done)}"
        self.done[word], self.due[word] = 0, self.now + 1_000 * wait
        rows.put(self.connection, kind, word, word, self.due[word])

    @rule(node=NODES, limit=st.integers(1, 5), kinds=st.sampled_from((KINDS, KINDS[:1])))
    def take(self, node: str, limit: int, kinds: tuple[str, ...]) -> None:
        """Take some: none before its time, none that is somebody's, none of another kind."""
        theirs = {each.id for each in self.held if self.now < each.until and self._has(each)}
        taken = rows.take(self.connection, kinds, node, limit, LEASE)
        assert len(taken) <= limit
        for each in taken:
            assert each.kind in kinds
            assert each.id not in theirs
            assert self.due[each.payload] <= self.now
            assert not self.done[each.payload]
        self.held += taken

    def _has(self, taken: Taken) -> bool:
        row = self.connection.execute(select(jobs).where(jobs.c.id == taken.id)).first()
        return row is not None and (row.tries, row.due_at) == (taken.tries, taken.until)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), how=st.sampled_from(("end", "later", "forget", "lie")))
    def act(self, data: Any, how: str) -> None:
        """Somebody who has one, or had, ends it, puts it off, dies, or is wrong about the time."""
        taken = data.draw(st.sampled_from(self.held))
        if how == "lie":
            taken = replace(taken, tries=taken.tries + 1)
            assert not rows.end(self.connection, taken)
        elif how == "forget":
            self.held.remove(taken)
        elif how == "end":
            if rows.end(self.connection, taken):
                self.done[taken.payload] += 1
        elif rows.put_off(self.connection, taken, 3, taken.tries - 1):
            self.due[taken.payload] = self.now + 3_000

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def take_back(self, data: Any) -> None:
        """It is not to be done any more."""
        word = data.draw(st.sampled_from(sorted(self.done)))
        for kind in KINDS:
            rows.take_back(self.connection, kind, word)
        if not self.done[word]:
            self.gone.add(word)

    @rule(node=NODES)
    def end_node(self, node: str) -> None:
        """A node ends, and gives back what it has."""
        rows.give_back(self.connection, node)

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += seconds * 1_000

    @invariant()
    def nothing_is_done_twice(self) -> None:
        """Whoever believes what."""
        assert all(times <= 1 for times in self.done.values())


def test_each_job_is_done_once_whoever_has_it() -> None:
    """However nodes take, lose, end and put them off."""
    kept = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, phases=PHASES)
    run_state_machine_as_test(Queue, settings=kept)
