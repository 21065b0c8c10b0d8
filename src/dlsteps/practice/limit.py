"""A call that is stopped when it takes too long, and Python goes on."""

import ctypes
import signal
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class OutOfTime(BaseException):
    """The call was still running. No `Exception`, so that `except Exception` inside does not swallow it."""


def limited(call: Callable[[], T], seconds: float) -> T:
    """Return what `call` returns, or stop it after that many seconds.

    In the main thread an alarm interrupts it. Elsewhere, and on systems that have no alarm, it runs in a
    thread of its own, which is asked to end. Neither can break into one long operation of a library.

    Raises:
        OutOfTime: If it was stopped.
    """
    main = threading.current_thread() is threading.main_thread()
    if main and hasattr(signal, "setitimer"):
        return _with_alarm(call, seconds)
    return _in_thread(call, seconds)


def _with_alarm(call: Callable[[], T], seconds: float) -> T:
    running = True

    def ring(number, frame):
        if running:
            raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    # It rings again each second: a bare `except:` may catch it once, not for ever.
    remaining = signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        return call()
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, *remaining)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)


def _in_thread(call: Callable[[], T], seconds: float) -> T:
    returned: list[T] = []
    raised: list[BaseException] = []

    def work():
        try:
            returned.append(call())
        except BaseException as error:
            raised.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(seconds)
    if worker.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident), ctypes.py_object(OutOfTime))
        worker.join(1)
        raise OutOfTime
    if raised:
        raise raised[0]
    return returned[0]
