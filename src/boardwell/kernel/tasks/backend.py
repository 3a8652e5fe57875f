"""A backend for Django's `tasks` interface: tasks are rows, written in the caller's transaction."""

from typing import Any

from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist
from django.utils.json import normalize_json
from django.utils.module_loading import import_string

from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.models import BackgroundTask
from boardwell.kernel.tasks.rows import insert_task
from boardwell.kernel.wake import announce

_STATUS = {
    "waiting": TaskResultStatus.READY, "running": TaskResultStatus.RUNNING, "done": TaskResultStatus.SUCCESSFUL,
    "failed": TaskResultStatus.FAILED,
}  # fmt: skip


class DatabaseBackend(BaseTaskBackend):
    """Durable: what was enqueued in a transaction that committed will run, and its internal effects happen once."""

    supports_defer = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: "Task[..., Any]", args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Writes the row; the acting organisation is entered again when it runs."""
        self.validate_task(task)
        arguments: dict[str, Any] = {"args": normalize_json(list(args)), "kwargs": normalize_json(dict(kwargs))}
        at = now()
        task_id = insert_task(_organisation_id(), task.queue_name, task.module_path, arguments, -task.priority, task.run_after or at)
        announce(task_id)
        return TaskResult(
            task=task, id=str(task_id), status=TaskResultStatus.READY, enqueued_at=at, started_at=None, finished_at=None,
            last_attempted_at=None, args=arguments["args"], kwargs=arguments["kwargs"], backend="default", errors=[], worker_ids=[],
        )  # fmt: skip

    def get_result(self, result_id: str) -> "TaskResult[..., Any]":
        """The state of a task by id."""
        row = BackgroundTask.objects.filter(pk=int(result_id)).first() if result_id.isdigit() else None
        if row is None:
            raise TaskResultDoesNotExist(result_id)
        return _result(import_string(row.function), row)


def enqueue_once(task: "Task[..., Any]", key: str, **kwargs: Any) -> bool:
    """Enqueues unless a task with this key was ever enqueued; returns whether it was new."""
    row, made = BackgroundTask.objects.get_or_create(
        key=key,
        defaults={
            "organisation_id": _organisation_id(), "queue": task.queue_name, "function": task.module_path,
            "arguments": {"args": [], "kwargs": normalize_json(kwargs)}, "priority": -task.priority,
        },
    )  # fmt: skip
    if made:
        announce(row.pk)
    return made


def _organisation_id() -> str:
    context = tenancy.current_or_none()
    return context.organisation_id if context else ""


def _result(task: "Task[..., Any]", row: BackgroundTask) -> "TaskResult[..., Any]":
    errors = [TaskError(exception_class_path="builtins.RuntimeError", traceback=row.last_error)] if row.last_error else []
    result: TaskResult[..., Any] = TaskResult(
        task=task, id=str(row.pk), status=_STATUS[row.state], enqueued_at=row.created_at, started_at=None,
        finished_at=row.ended_at, last_attempted_at=None, args=row.arguments["args"], kwargs=row.arguments["kwargs"],
        backend="default", errors=errors, worker_ids=["worker"] * row.attempts,
    )  # fmt: skip
    object.__setattr__(result, "_return_value", row.result)
    return result
