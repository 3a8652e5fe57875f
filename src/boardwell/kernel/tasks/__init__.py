"""Background work behind Django's `tasks` interface: durable rows with leases, run by a worker in the same process."""
