"""The bell that a commit rings when it left work behind, so that an idle worker in this process does not wait for its next poll."""

import threading

bell = threading.Event()
