"""Memory that the C library keeps after it was freed, given back to the system."""

import ctypes


def give_back() -> bool:
    """Give freed memory back; return whether the C library can, as glibc can.

    What several threads allocate and free in turn leaves holes that glibc keeps for later. Over weeks of
    polling these add up to tens of megabytes that a small server could use. Takes some milliseconds.

    Source: malloc_trim(3); the Dask documentation advises the same for long-lived workers.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True
