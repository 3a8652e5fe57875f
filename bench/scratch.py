"""A scratch installation for a bench: its own folder, its own database, one organisation with an owner."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """A fresh folder on a disk (never in memory, where a durable commit costs nothing); `drop` deletes it."""
    return Path(tempfile.mkdtemp(prefix=f"boardwell-bench-{name}-", dir="/var/tmp"))


def drop(path: Path) -> None:
    """Deletes a folder made by `folder`."""
    shutil.rmtree(path, ignore_errors=True)


def use(path: Path, database_url: str = "") -> None:
    """Sets Django up on `path`, once for each process, and brings the database up to date."""
    os.environ.update(BOARDWELL_VAR=str(path), BOARDWELL_DATABASE_URL=database_url, DJANGO_SETTINGS_MODULE="boardwell.config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def postgres_bin() -> Path | None:
    """Where PostgreSQL's server programs are, if they are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _as_postgres(command: list[str]) -> list[str]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


def _quietly(command: list[str], *, check: bool = True) -> None:
    subprocess.run(command, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def postgres(path: Path, port: int) -> Iterator[str]:
    """The URL of a throw-away PostgreSQL with fsync on; the role is no superuser, so that row-level security costs what it costs."""
    bin_folder = postgres_bin()
    if bin_folder is None:
        raise RuntimeError("no PostgreSQL server programs on this machine")
    place = path / "pg"
    place.mkdir()
    path.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(place, "postgres")
    locale = ["--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"]
    _quietly(_as_postgres([str(bin_folder / "initdb"), "-D", str(place / "data"), "-U", "postgres", *locale]))
    control = [str(bin_folder / "pg_ctl"), "-D", str(place / "data"), "-w"]
    options = f"-p {port} -k {place} -h 127.0.0.1"
    _quietly(_as_postgres([*control, "-l", str(place / "log"), "-o", options, "start"]))
    try:
        at = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        _quietly([str(bin_folder / "createuser"), *at, "--createdb", "boardwell"])
        _quietly([str(bin_folder / "createdb"), *at, "-O", "boardwell", "boardwell"])
        yield f"postgres://boardwell@127.0.0.1:{port}/boardwell"
    finally:
        _quietly(_as_postgres([*control, "-m", "immediate", "stop"]), check=False)


def found_house(size: int = 20, needs: dict[int, list[int]] | None = None) -> tuple[str, str]:
    """(organisation id, owner's member id) of a new organisation with a published playbook `bench` of `size` steps."""
    from boardwell.domain.journeys.kinds import kind_rules
    from boardwell.domain.organisations.actions.found_organisation import found_organisation
    from boardwell.domain.people.actions.invite_member import invite_member
    from boardwell.domain.people.queries import member_by_id
    from boardwell.domain.people.roles import actor_for_member
    from boardwell.domain.playbooks.actions.write_playbook import import_playbook
    from boardwell.kernel import tenancy

    organisation_id = found_organisation(slug="bench", name="Bench")
    with tenancy.acting_for(organisation_id):
        owner_id = invite_member(email="anna@bench.example", name="Anna Bauer", role="owner")
        actor = actor_for_member(member_by_id(owner_id))
    with tenancy.acting_for(organisation_id, actor):
        import_playbook(playbook(size, needs), kind_rules())
    return organisation_id, owner_id


def playbook(size: int, needs: dict[int, list[int]] | None = None) -> str:
    """A playbook `bench`: every second step is the customer's; by default none waits for another."""
    steps = "".join(
        f"      - {{key: s{n}, kind: task, side: {side}, owner: {owner}, title: {{en: Step number {n}}}, due: {{days: {n}}}, "
        f"needs: [{', '.join(f's{one}' for one in (needs or {}).get(n, []))}]}}\n"
        for n in range(1, size + 1)
        for side, owner in [("customer", "you") if n % 2 else ("ours", "we")]
    )
    return (
        "boardwell: 1\nkey: bench\ntitle: {en: Bench}\nroles: {we: {side: ours, title: {en: We}}, you: {side: customer, title: {en: You}}}\n"
        f"stages:\n  - key: s\n    title: {{en: Stage}}\n    steps:\n{steps}"
    )
