"""SpiffWorkflow with its own JSON serializer: load, complete, run on, save; one durable write a step."""

import sqlite3
import sys
from typing import Any

import psycopg
from answering import answer
from lxml import etree
from process import RUNS
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def process() -> bytes:
    """The process in BPMN: manual tasks between parallel gateways."""
    root = etree.Element(f"{{{MODEL}}}definitions", nsmap={"bpmn": MODEL}, id="definitions", targetNamespace="bench")
    body = etree.SubElement(root, f"{{{MODEL}}}process", id="twenty", isExecutable="true")

    def node(kind: str, key: str) -> str:
        etree.SubElement(body, f"{{{MODEL}}}{kind}", id=key)
        return key

    def tie(source: str, target: str) -> str:
        etree.SubElement(body, f"{{{MODEL}}}sequenceFlow", id=f"{source}-{target}", sourceRef=source, targetRef=target)
        return target

    last = node("startEvent", "start")
    for place, part in enumerate(RUNS):
        if isinstance(part, int):
            last = tie(last, node("manualTask", f"s{part}"))
            continue
        fork, join = node("parallelGateway", f"fork{place}"), node("parallelGateway", f"join{place}")
        tie(last, fork)
        for branch in part:
            at = fork
            for number in branch:
                at = tie(at, node("manualTask", f"s{number}"))
            tie(at, join)
        last = join
    tie(last, node("endEvent", "end"))
    return etree.tostring(root)


class Store:
    """One row per workflow: its serialized state."""

    def __init__(self, source: str) -> None:
        self.last = 0
        if "=" in source:
            self.db: Any = psycopg.connect(source, autocommit=True)
            self.slot = "%s"
        else:
            self.db = sqlite3.connect(source, isolation_level=None)
            self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
            self.slot = "?"
        self.db.execute("CREATE TABLE spiff_workflow(id BIGINT PRIMARY KEY, state TEXT)")

    def add(self, state: str) -> int:
        """A new workflow."""
        self.last += 1
        self.db.execute(f"INSERT INTO spiff_workflow VALUES({self.slot}, {self.slot})", (self.last, state))
        return self.last

    def load(self, number: int) -> str:
        """Its state."""
        return str(self.db.execute(f"SELECT state FROM spiff_workflow WHERE id = {self.slot}", (number,)).fetchone()[0])

    def save(self, number: int, state: str) -> None:
        """Its next state, durable."""
        self.db.execute(f"UPDATE spiff_workflow SET state = {self.slot} WHERE id = {self.slot}", (state, number))


def main() -> None:
    """Serves the bench."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(process()))
    spec = parser.get_spec("twenty")
    serializer = BpmnWorkflowSerializer(registry=BpmnWorkflowSerializer.configure())
    store = Store(sys.argv[1])

    def start() -> int:
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        return store.add(serializer.serialize_json(workflow))

    def complete(number: int, step: int) -> None:
        workflow = serializer.deserialize_json(store.load(number))
        next(iter(workflow.get_tasks(state=TaskState.READY, spec_name=f"s{step}"))).run()
        workflow.do_engine_steps()
        store.save(number, serializer.serialize_json(workflow))

    answer(start, complete, lambda number: serializer.deserialize_json(store.load(number)).is_completed())


main()
