"""How much is done at once goes by how long the last of it was waited for."""

from parlour.support.portions import LIMIT_SECONDS, TARGET_SECONDS, Portion


def test_a_portion_grows_little_by_little_and_shrinks_at_once() -> None:
    """It never grows past what it aims at by more than half, nor out of its bounds."""
    portion = Portion(10, 100)
    sizes = []
    for _ in range(20):
        sizes.append(portion.size)
        portion.note(0.001, whole=True)
    assert sizes[:4] == [10, 12, 15, 18]
    assert sizes[-1] == portion.size == 100
    # What was not whole says nothing of what one of its size would take.
    portion.note(TARGET_SECONDS * 0.9, whole=True)
    portion.note(0.001, whole=False)
    assert portion.size == 100
    portion.note(LIMIT_SECONDS, whole=False)
    assert portion.size == 25
    portion.note(0.001, whole=False)
    assert portion.size == 25
    portion.note(3.0, whole=True)
    assert portion.size == 10
    assert (portion.rest(busy=False), portion.rest(busy=True)) == (3.0, 12.0)
