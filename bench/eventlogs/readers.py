"""Reads the same files with pm4py and rustxes, in an environment of their own; prints seconds and counts as JSON."""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")


def timed(read: object, path: str) -> tuple[float, object]:
    began = time.process_time()
    found = read(path)  # type: ignore[operator]
    return time.process_time() - began, found


def main() -> None:
    import pm4py
    import rustxes
    from pm4py.objects.ocel.importer.jsonocel import importer as json_importer
    from pm4py.objects.ocel.importer.xmlocel import importer as xml_importer

    xes, as_json, as_xml = sys.argv[1:]
    found = {}
    seconds, log = timed(lambda path: pm4py.read_xes(path, variant="iterparse"), xes)
    found["pm4py xes"] = (seconds, int(log["case:concept:name"].nunique()), len(log))
    seconds, log = timed(rustxes.import_xes, xes)
    frame = log[0] if isinstance(log, tuple) else log
    found["rustxes xes"] = (seconds, int(frame["case:concept:name"].n_unique()), frame.shape[0])
    for kind, path, read in (("json", as_json, json_importer), ("xml", as_xml, xml_importer)):
        own = read.Variants.OCEL20_STANDARD if kind == "json" else read.Variants.OCEL20  # not the one that asks rustxes
        seconds, log = timed(lambda path, read=read, own=own: read.apply(path, variant=own), path)
        found[f"pm4py {kind}"] = (seconds, len(log.events), len(log.objects), len(log.relations))
    for kind, path, read in (("json", as_json, rustxes.import_ocel_json), ("xml", as_xml, rustxes.import_ocel_xml)):
        seconds, log = timed(read, path)
        found[f"rustxes {kind}"] = (seconds, log["events"].shape[0], log["objects"].shape[0], log["relations"].shape[0])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
