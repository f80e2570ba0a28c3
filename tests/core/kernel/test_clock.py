"""Time comes from the database, and changes to wall clocks don't affect it (H-3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from strongroom_core.kernel.clock import DatabaseClock, MovableClock

AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def test_the_clock_advances_between_measurements() -> None:
    """H-3: between measurements the clock advances with the machine's monotonic clock, never backwards."""
    clock = DatabaseClock(AT)
    moments = [clock.now() for _ in range(1000)]

    assert moments == sorted(moments)
    assert AT <= moments[0] < AT + timedelta(minutes=1)
    assert moments[-1].tzinfo is UTC


def test_a_new_measurement_moves_the_clock() -> None:
    """H-3: a new measurement is used, whether it moves the clock forwards or backwards, in any time zone."""
    clock = DatabaseClock(AT)
    later = AT + timedelta(days=1)
    clock.set(later.astimezone(timezone(timedelta(hours=5))))

    assert later <= clock.now() < later + timedelta(minutes=1)
    clock.set(AT)

    assert AT <= clock.now() < AT + timedelta(minutes=1)


def test_a_tests_clock_stands_still() -> None:
    """A test's clock changes only when the test moves it."""
    clock = MovableClock(AT)
    clock.move(timedelta(hours=1))
    clock.move(timedelta(minutes=-1))

    assert clock.now() == clock.now() == AT + timedelta(minutes=59)
