"""A call that does not end is stopped, and nothing is left of it. No test here depends on speed."""

import signal
import threading

import pytest

from dlsteps.practice.limit import OutOfTime, limited


def hang():
    while True:
        pass


def in_another_thread(work):
    """Run outside the main thread, where no alarm rings."""
    results = []

    def run():
        try:
            results.append(work())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def test_a_result_and_an_error_come_through():
    assert limited(lambda: 3, 60) == 3
    with pytest.raises(KeyError):
        limited(lambda: {}[0], 60)
    assert in_another_thread(lambda: limited(lambda: 3, 60)) == 3
    assert isinstance(in_another_thread(lambda: limited(lambda: {}[0], 60)), KeyError)


def test_a_loop_without_end_is_stopped():
    with pytest.raises(OutOfTime):
        limited(hang, 0.05)
    assert isinstance(in_another_thread(lambda: limited(hang, 0.05)), OutOfTime)


def test_the_alarm_of_others_is_given_back():
    def theirs(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGALRM, theirs)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        limited(lambda: None, 60)
        assert signal.getsignal(signal.SIGALRM) is theirs
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_without_alarms_a_thread_does(monkeypatch):
    monkeypatch.delattr(signal, "setitimer")
    with pytest.raises(OutOfTime):
        limited(hang, 0.05)


def test_what_catches_the_first_alarm_is_stopped_by_the_next():
    caught = []

    def stubborn():
        while True:
            try:
                hang()
            except OutOfTime:
                caught.append(1)
                if len(caught) > 1:
                    raise

    with pytest.raises(OutOfTime):
        limited(stubborn, 0.05)
    assert len(caught) == 2
