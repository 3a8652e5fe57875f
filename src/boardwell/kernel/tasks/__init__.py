"""Background work behind Django's `tasks` interface: durable rows with leases, run by a worker in the same process."""

import threading

wake = threading.Event()
"""Set after a commit that left work behind, so that an idle worker in this process does not wait for its next poll."""
