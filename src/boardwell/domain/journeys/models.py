"""Tables of journeys: the journey, its stages, steps and what they wait for, facts, proposals and imports."""

from django.db import models

from boardwell.domain.accounts.models import Account, Contact
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.kernel.clock import now
from boardwell.kernel.rows import PrefixedIdField, Stamped, TenantRow

OPEN_STATES = ("ready", "active", "waiting", "blocked")
"""States in which somebody can act on a step."""
IS_OPEN = models.Q(state="ready") | models.Q(state="active") | models.Q(state="waiting") | models.Q(state="blocked")
"""The condition of the partial indexes on open steps. Spelt out: SQLite builds a table for an IN list at every write."""
HAS_EFFORT = models.Q(effort_minutes__gt=0, ended_at__isnull=True, member__isnull=False)
"""What counts in somebody's load: the condition of its partial index, small since most steps are not ours or cost next to nothing."""


class Journey(TenantRow, Stamped):
    """One account's run of a playbook version.

    `state`: active, paused, live (went live), closed (live and everything done), cancelled.
    Counters and `waiting_*` are kept by the engine in the transaction of each verb, so lists need no joins.
    `forecast_stale_at` is since when something has ended that the forecasts do not know of yet.
    `outlook` is the range of the forecast as `outlooks.look_ahead` keeps it, for the team only; `outlook_at` when it was made, null when it has to be made anew.
    `satisfaction` is the fact of that name, for the rule of health that looks at it.
    `required_*` count the required steps of the plan: in all, done, waived (skipped) and open past their day.
    `health`: on_track, at_risk, off_track; `health_reasons` are codes with parameters, never a colour alone.
    `health_told` is the health of the last `HealthTurned`.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="jrn")
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="journeys", db_index=False)
    version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    roles = models.JSONField(default=dict)
    party = models.CharField(max_length=10, default="customer")
    source = models.CharField(max_length=40, default="")
    external_id = models.CharField(max_length=120, default="")
    state = models.CharField(max_length=10, default="active")
    time_zone = models.CharField(max_length=60, default="UTC")
    calendar = models.JSONField(default=dict)
    kickoff_on = models.DateField()
    planned_live_on = models.DateField(null=True)
    committed_live_on = models.DateField(null=True)
    forecast_live_on = models.DateField(null=True)
    baseline_live_on = models.DateField(null=True)
    outlook = models.JSONField(null=True)
    outlook_at = models.DateTimeField(null=True)
    kicked_off_at = models.DateTimeField(null=True)
    first_value_at = models.DateTimeField(null=True)
    live_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=300, default="")
    steps_total = models.PositiveIntegerField(default=0)
    steps_done = models.PositiveIntegerField(default=0)
    customer_total = models.PositiveIntegerField(default=0)
    customer_done = models.PositiveIntegerField(default=0)
    overdue_steps = models.PositiveIntegerField(default=0)
    required_total = models.PositiveIntegerField(default=0)
    required_done = models.PositiveIntegerField(default=0)
    required_waived = models.PositiveIntegerField(default=0)
    required_late = models.PositiveIntegerField(default=0)
    stage_key = models.CharField(max_length=60, default="")
    waiting_side = models.CharField(max_length=12, default="")
    waiting_name = models.CharField(max_length=160, default="")
    waiting_since_at = models.DateTimeField(null=True)
    health = models.CharField(max_length=10, default="on_track")
    health_reasons = models.JSONField(default=list)
    health_told = models.CharField(max_length=10, default="on_track", db_default="on_track")
    satisfaction = models.FloatField(null=True)
    last_customer_activity_at = models.DateTimeField(null=True)
    forecast_stale_at = models.DateTimeField(null=True)
    value_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "source", "external_id"],
                name="journey_once_per_external_id",
                condition=~models.Q(external_id=""),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "state", "-id"], name="journey_by_state"),
            models.Index(fields=["organisation", "owner", "state"], name="journey_by_owner"),
            models.Index(fields=["account"], name="journey_of_account"),
            models.Index(fields=["id"], name="journey_turned", condition=~models.Q(health=models.F("health_told"))),
            models.Index(fields=["forecast_stale_at"], name="journey_stale", condition=models.Q(forecast_stale_at__isnull=False)),
            models.Index(fields=["outlook_at"], name="journey_outlook", condition=models.Q(state="active", live_at__isnull=True)),
        ]


class Step(TenantRow):
    """One step of a journey. Its words come from the playbook version by `key`; added steps carry their own in `texts`.

    `state`: locked, ready, active, waiting, blocked, done, skipped, cancelled.
    `blockers` counts unfinished predecessors: the step unlocks when it reaches zero.
    `unlocks` names the steps of the journey that wait for this one: their keys, with spaces between.
    The five dates are kept apart, `moved_on` is the day on which the planned one was last changed by hand; `due_at` is the end of the planned day in the journey's time zone.
    `nudge_at` is its first reminder, counted from the due day and kept ready while the step is locked.
    `next_due_at` is the next instant at which something must happen to an open step by itself (reminder, escalation).
    `effort_minutes` is the work that it costs, counted in the load of whoever has it.
    `late_at` is when it was first found overdue, and is what the journey's `overdue_steps` counts.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="stp")
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)
    account_id = models.CharField(max_length=32)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="steps", db_index=False)
    key = models.CharField(max_length=60)
    stage_key = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    side = models.CharField(max_length=12)
    role = models.CharField(max_length=40, default="")
    effort_minutes = models.PositiveIntegerField(default=0)
    visibility = models.CharField(max_length=10, default="shared")
    required = models.BooleanField(default=True)
    marks = models.CharField(max_length=12, default="")
    texts = models.JSONField(null=True)
    settings = models.JSONField(null=True)
    state = models.CharField(max_length=10, default="locked")
    blockers = models.PositiveIntegerField(default=0)
    unlocks = models.TextField(default="")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    planned_on = models.DateField(null=True)
    committed_on = models.DateField(null=True)
    forecast_on = models.DateField(null=True)
    baseline_on = models.DateField(null=True)
    moved_on = models.DateField(null=True)
    done_on = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    nudge_at = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    reminded = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.CharField(max_length=32, default="")
    ended_by_name = models.CharField(max_length=160, default="")
    outcome = models.JSONField(null=True)
    progress = models.JSONField(null=True)
    reason = models.CharField(max_length=500, default="")
    changed_at = models.DateTimeField(default=now)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "key"], name="step_key_once")]
        indexes = [
            models.Index(fields=["next_due_at"], name="step_next_due", condition=models.Q(next_due_at__isnull=False)),
            models.Index(fields=["member", "due_at"], name="step_of_member", condition=IS_OPEN),
            models.Index(fields=["journey", "opened_at"], name="step_open", condition=IS_OPEN),
            models.Index(fields=["member", "planned_on"], name="step_load", condition=HAS_EFFORT),
            models.Index(fields=["contact"], name="step_of_contact", condition=models.Q(contact__isnull=False)),
        ]


class Gate(TenantRow):
    """A gate of the journey's playbook. `key`: stage:KEY or step:KEY. `state`: shut or open; open, it stays so.

    While it is shut it counts as one blocker of each step behind it. `signed_*`: whoever opens it by hand has done so, and it waits for
    the rest; `reason` why it was opened against its conditions.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="gat")
    account_id = models.CharField(max_length=32)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="gates", db_index=False)
    key = models.CharField(max_length=70)
    state = models.CharField(max_length=10, default="shut")
    signed_at = models.DateTimeField(null=True)
    signed_by_name = models.CharField(max_length=160, default="")
    opened_at = models.DateTimeField(null=True)
    opened_by_name = models.CharField(max_length=160, default="")
    reason = models.CharField(max_length=500, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "key"], name="gate_once")]
        indexes = [models.Index(fields=["organisation"], name="gate_shut", condition=models.Q(state="shut"))]


class Escalation(TenantRow):
    """How far up its ladder an open step has come since `opened_at`. `done`: what each rung did, by its key, oldest first.

    `next_at` is when the next rung is due as the clock runs now; null while it stands still.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="esc")
    account_id = models.CharField(max_length=32)
    step = models.OneToOneField(Step, on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField()
    done = models.JSONField(default=list)
    next_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="escalation_next", condition=models.Q(next_at__isnull=False))]


class Fact(TenantRow):
    """Something known about the customer, with provenance; a newer row supersedes the older one."""

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="fct")
    account_id = models.CharField(max_length=32)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="facts")
    key = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    visibility = models.CharField(max_length=10, default="shared")
    step_id = models.CharField(max_length=32, default="")
    recorded_by_kind = models.CharField(max_length=10)
    recorded_by_id = models.CharField(max_length=32)
    recorded_by_name = models.CharField(max_length=160, default="")
    recorded_at = models.DateTimeField(default=now)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["journey", "key"], name="one_current_fact", condition=models.Q(superseded_at__isnull=True)),
        ]


class PlanProposal(TenantRow):
    """What a changed fact would do to the plan: exact additions and removals, applied only when somebody says so.

    `state`: open, applied, dismissed, outdated.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="prp")
    account_id = models.CharField(max_length=32)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="proposals")
    because = models.JSONField(default=dict)
    additions = models.JSONField(default=list)
    removals = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="open")
    made_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=160, default="")


class VersionMove(TenantRow):
    """One journey on its way to another version of its playbook, and the plan as it was before, so that the way back is open.

    `state`: waiting, done, refused (`words` say why), returning, undone. Moves that were asked for together share a `run_id`.
    `prefer`: whether conflicts go to theirs (what was changed by hand) or to new.
    """

    account_boundary = "account_id"

    id = PrefixedIdField(prefix="mov")
    account_id = models.CharField(max_length=32)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="version_moves")
    run_id = models.CharField(max_length=32, default="")
    to_version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+")
    prefer = models.CharField(max_length=10, default="theirs")
    state = models.CharField(max_length=10, default="waiting")
    words = models.CharField(max_length=300, default="")
    before = models.JSONField(default=dict)
    made_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["run_id", "state"], name="move_of_run")]


class RehearsalRun(TenantRow, Stamped):
    """One rehearsal of a playbook: the text that is played, how, and what has been played so far.

    `number`: the version, 0 for the draft; `before_number` the version beside it, 0 for none. `state`: running, done, failed
    (`words` say why). `now` and `before` are tallies of `rehearsal.Tally`; `kept` what was learnt and drawn from, kept for every turn.
    """

    id = PrefixedIdField(prefix="rhs")
    playbook = models.ForeignKey("playbooks.Playbook", on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField(default=0)
    before_number = models.PositiveIntegerField(default=0)
    source = models.TextField()
    before_source = models.TextField(default="")
    customers = models.PositiveIntegerField()
    seed = models.PositiveIntegerField(default=0)
    facts_from = models.CharField(max_length=10, default="made_up")
    days_from = models.CharField(max_length=10, default="plan")
    kickoff_on = models.DateField()
    kept = models.JSONField(default=dict)
    now = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="running")
    words = models.CharField(max_length=300, default="")
    made_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["playbook", "-id"], name="rehearsal_of_playbook")]


class ForecastTrial(TenantRow):
    """The first forecast that was made of a journey, kept to be held against what came. `days` until the go-live, by hundredths;
    none when there was too little history on that day.
    """

    id = models.BigAutoField(primary_key=True)
    journey = models.OneToOneField(Journey, on_delete=models.CASCADE, related_name="trial")
    at_on = models.DateField()
    days = models.JSONField(default=list)


class LogImport(TenantRow, Stamped):
    """A company's past from somewhere else, as an event log. `state`: mapping, running, done, cancelled, removed. Resumes at `next_case`.

    `kind`: csv, xes, ocel_json, ocel_xml. `mapping`: columns by field, or under `object` the type that is a case. `activities`: (name, how
    often) as surveyed; `steps`: the playbook's step for an activity. What is learnt from it never shows among journeys.
    """

    id = PrefixedIdField(prefix="elg")
    file_id = models.CharField(max_length=32)
    file_name = models.CharField(max_length=255)
    kind = models.CharField(max_length=10)
    playbook = models.ForeignKey("playbooks.Playbook", on_delete=models.PROTECT, null=True, related_name="+")
    options = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    activities = models.JSONField(default=list)
    steps = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="mapping")
    cases_total = models.PositiveIntegerField(default=0)
    next_case = models.PositiveIntegerField(default=0)
    events_taken = models.PositiveIntegerField(default=0)
    events_refused = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)


class PastCase(TenantRow):
    """One imported case. `done` lists (activity, day on which it began or what came before it was done, day on which it was done)."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(LogImport, on_delete=models.CASCADE, related_name="cases")
    began_on = models.DateField()
    ended_on = models.DateField()
    done = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["run", "-ended_on"], name="past_case_of_run")]


class LogFault(TenantRow):
    """One event of a log that was left out: where, why, and what stood there."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(LogImport, on_delete=models.CASCADE, related_name="faults")
    row = models.PositiveIntegerField()
    code = models.CharField(max_length=20)
    value = models.CharField(max_length=200)


class ImportRun(TenantRow, Stamped):
    """One load of a CSV file of accounts. `state`: mapping, running, done, cancelled. Resumes at `next_row`."""

    id = PrefixedIdField(prefix="imp")
    file_id = models.CharField(max_length=32)
    file_name = models.CharField(max_length=255)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="mapping")
    rows_total = models.PositiveIntegerField(default=0)
    next_row = models.PositiveIntegerField(default=0)
    rows_created = models.PositiveIntegerField(default=0)
    rows_updated = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)


class ImportProblem(TenantRow):
    """One refused row of an import: where, why, and what stood there."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=120)
    code = models.CharField(max_length=40)
    reason = models.CharField(max_length=300)
    value = models.CharField(max_length=200)
