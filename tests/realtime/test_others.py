"""Of another node counts what it says anew, and nothing that it said before and comes again."""

from parlour.realtime.others import Others


def test_what_comes_again_is_no_sign_of_life() -> None:
    """Whoever may speak where nodes do can repeat them, and must not make one seem alive."""
    others = Others()
    assert others.take("one", 1, now=0) == (True, True)
    assert others.take("one", 2, now=1) == (True, False)
    for number in (1, 2):
        assert others.take("one", number, now=9) == (False, False)
    assert others.silent(since=5) == ["one"]
    others.give_up(1)
    assert others.take("one", 2, now=9) == (False, False)
    assert others.behind(1) == []
    assert others.take("one", 3, now=9) == (True, False)
    assert (others.silent(since=5), others.behind(1)) == ([], ["one"])


def test_a_node_that_is_gone_does_not_come_back_by_what_it_said_before() -> None:
    """It does by what it says anew, and then has to be asked who is with it."""
    others = Others()
    others.take("one", 5, now=0)
    others.forget("one")
    assert others.take("one", 4, now=1) == (False, False)
    assert others.take("one", 5, now=1) == (False, False)
    assert not others.know("one")
    assert not others.are_there
    assert others.take("one", 6, now=2) == (True, True)
    assert others.know("one")
