"""Every fault that the linter knows, planted one at a time in a sound playbook, is named at its very place.

Each row changes the sound text below; `¦` in what is put in marks where the linter must point.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks import problemwords
from boardwell.domain.playbooks.faults import MOST_STEPS
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.problemwords import words_of
from boardwell.domain.playbooks.yamlfile import YamlProblem, load

SOUND = """\
boardwell: 1
key: sound
title: {en: Sound, bn: সুস্থ}
party: customer
languages: [en, bn]
roles:
  we: {side: ours, title: {en: We, bn: আমরা}}
  they: {side: customer, title: {en: They, bn: তারা}}
facts:
  seats: {type: number, title: {en: Seats, bn: আসন}}
  region: {type: choice, title: {en: Region, bn: অঞ্চল}, choices: {eu: {en: EU, bn: ইইউ}, us: {en: US, bn: ইউএস}}}
  start: {type: date, title: {en: Start, bn: শুরু}}
  risk: {type: text, title: {en: Risk, bn: ঝুঁকি}, visibility: internal}
  risk_on: {type: date, title: {en: Risk day, bn: ঝুঁকির দিন}, visibility: internal}
stages:
  - key: first
    title: {en: First, bn: প্রথম}
    steps:
      - key: ask
        kind: form
        side: customer
        owner: they
        title: {en: Ask, bn: জিজ্ঞাসা}
        due: {days: 3}
        remind: {before: [1], after: [1, 3]}
        settings:
          fields:
            - {key: seats, type: number, fact: seats, label: {en: Seats, bn: আসন}}
            - {key: region, type: choice, fact: region, label: {en: Region, bn: অঞ্চল}}
            - {key: start, type: date, fact: start, label: {en: Start, bn: শুরু}}
      - key: assess
        kind: form
        side: ours
        owner: we
        visibility: internal
        title: {en: Assess, bn: মূল্যায়ন}
        needs: [ask]
        due: {days: 4}
        settings:
          fields:
            - {key: risk, type: text, fact: risk, label: {en: Risk, bn: ঝুঁকি}}
            - {key: day, type: date, fact: risk_on, label: {en: Risk day, bn: ঝুঁকির দিন}}
  - key: second
    title: {en: Second, bn: দ্বিতীয়}
    steps:
      - key: train
        kind: task
        side: ours
        owner: we
        title: {en: Train, bn: প্রশিক্ষণ}
        minutes: 30
        needs: [assess]
        when: facts.seats > 50 && facts.region == "eu"
        due: {days: 2, from: step:assess}
      - key: agree
        kind: approval
        side: customer
        owner: they
        title: {en: Agree, bn: সম্মতি}
        expect: {en: We answer in a day, bn: আমরা এক দিনে উত্তর দিই}
        needs: [assess, {step: train, lag: 1}]
        due: {days: 9}
        settings: {question: {en: The terms, bn: শর্ত}}
"""
TRAIN = '        when: facts.seats > 50 && facts.region == "eu"\n'
GATE = "        minutes: 30"
WHEN = 'facts.seats > 50 && facts.region == "eu"'
LAST = "        due: {days: 9}\n"

ASSESSED = """\
        visibility: internal
        title: {en: Assess, bn: মূল্যায়ন}
        needs: [ask]
        due: {days: 4}
        settings:
          fields:
            - {key: risk, type: text, fact: risk,"""
PLANTED = [
    ("yaml.character", "party: customer", "party: ¦@x"), ("yaml.no_colon", "party: customer", "party: customer\n¦word"),
    ("yaml.item_here", "party: customer", "party: ¦- customer"), ("yaml.colon_here", "party: customer", "party: customer¦: big"),
    ("yaml.open_quote", "party: customer", "party: ¦'customer"), ("yaml.escape", "party: customer", 'party: "\\¦q"'),
    ("yaml.open_list", "        needs: [ask]", "        needs: ¦[ask"), ("yaml.open_mapping", LAST, "        due: ¦{days: 9\n"),
    ("yaml.indent", "  - key: second", " ¦- key: second"), ("yaml.after_text", "party: customer", "party: 'customer' ¦big"),
    ("yaml.block_text", "party: customer", "party: ¦|customer"), ("yaml.tag", "party: customer", "party: ¦!e!customer x"),
    ("yaml.question_here", "party: customer", "party: ¦? customer"), ("yaml.no_value", "party: customer", "party: [¦, a]"),
    ("yaml.conflict", "party: customer", "¦<<<<<<< Anna\nparty: customer\n=======\nparty: partner\n>>>>>>> Bat"),
    ("yaml.second_document", "party: customer", "¦---\nparty: customer"), ("yaml.half", "party: customer", "party: ¦\x07"),
    ("yaml.half", "party: customer", 'party: ¦"\\ud800"'), ("yaml.half", "party: customer", 'party: ¦"\\0"'), ("yaml.half", "party: customer", '¦"\\0": x'),
    ("yaml.tab", "  we: {", "¦\twe: {"), ("yaml.alias", "party: customer", "party: ¦&p x\nx: *p"),
    ("yaml.half", "party: customer", "party: ¦\ud800"),
    ("shape.mapping", "roles:\n", "facts:\n- x\n¦roles: [a]\nx:\n"), ("shape.described", "  start: {type: date, title: {en: Start, bn: শুরু}}", "  ¦start: soon"),
    ("shape.texts", "title: {en: Sound, bn: সুস্থ}", "¦title: [Sound]"), ("shape.stages", "stages:\n", "¦stages: none\nx:\n"),
    ("shape.stage", "stages:\n", "stages:\n  - ¦word\n"), ("shape.steps", "    steps:\n      - key: train", "    ¦steps: none\n    x:\n      - key: train"),
    ("shape.settings", "        settings: {question: {en: The terms, bn: শর্ত}}", "        ¦settings: [document]"),
    ("shape.needs", "        needs: [ask]", "        ¦needs: ask"), ("format", "boardwell: 1", "¦boardwell: 2"),
    ("language.list", "languages: [en, bn]", "¦languages: [en, bn, tlh]"), ("language.unknown", "{en: Sound, bn: সুস্থ}", "{en: Sound, bn: সুস্থ, ¦de: x}"),
    ("party", "party: customer", "¦party: friend"), ("side", "  we: {side: ours,", "  we: {¦side: theirs,"),
    ("visibility", "        visibility: internal", "        ¦visibility: secret"), ("required", LAST, f"{LAST}        ¦required: perhaps\n"),
    ("bad_key", "      - key: assess", "      - ¦key: As/sess"), ("bad_key", "  start: {", "  ¦Start here: {"),
    ("bad_key.playbook", "key: sound", "¦key: Sound!"), ("unknown_key", LAST, f"{LAST}        ¦zzz: red\n"),
    ("unknown_key.near", LAST, f"{LAST}        ¦requird: true\n"), ("missing_key", "    title: {en: First, bn: প্রথম}\n", ""),
    ("missing_key.choices", "  region: {type: choice, title: {en: Region, bn: অঞ্চল}, choices: {eu: {en: EU, bn: ইইউ}, us: {en: US, bn: ইউএস}}}", "  ¦region: {type: choice, title: {en: Region, bn: অঞ্চল}}"),
    ("missing_key.step", "      - key: assess\n", "      - ¦kind: task\n      - key: assess\n"),
    ("missing_translation", "{en: Train, bn: প্রশিক্ষণ}", "{en: Train}"), ("missing_translation", "label: {en: Seats, bn: আসন}", "¦label: {en: Seats}"),
    ("missing_translation", "{question: {en: The terms, bn: শর্ত}}", "{¦question: {bn: শর্ত}}"),
    ("duplicate_key.mapping", "party: customer", "party: customer\n¦party: customer"), ("duplicate_key.stage", "  - key: second", "  - ¦key: first"),
    ("duplicate_key.step", "      - key: agree", "      - ¦key: ask"), ("fact_type", "  seats: {type: number,", "  seats: {¦type: numeral,"),
    ("no_owner", "      - key: train\n        kind: task\n        side: ours\n        owner: we\n", "      - ¦key: train\n        kind: task\n        side: ours\n"),
    ("unknown_role", "        owner: we\n        visibility", "        ¦owner: nobody\n        visibility"),
    ("unknown_role.near", "        owner: they\n        title: {en: Agree", "        ¦owner: thay\n        title: {en: Agree"),
    ("role_side", "        owner: they\n        title: {en: Agree", "        ¦owner: we\n        title: {en: Agree"),
    ("unknown_kind", "kind: approval", "¦kind: zzz"), ("unknown_kind.near", "kind: approval", "¦kind: aproval"),
    ("unknown_fact", WHEN, "facts.seats > 50 && ¦facts.zzz"), ("unknown_fact.near", WHEN, "¦facts.seets > 50 && facts.region == 'eu'"),
    ("unknown_fact", "fact: start,", "¦fact: zzz,"), ("unknown_fact", "from: step:assess", "¦from: fact:zzz"),
    ("unknown_step", "        needs: [ask]", "        needs: [ask, ¦zzz]"), ("unknown_step.near", "        needs: [ask]", "        needs: [¦askk]"),
    ("unrecorded_fact", "fact: seats, ", ""), ("unrecorded_fact", "fact: region, ", ""),
    ("dead_condition.never", WHEN, "facts.seats > 50 && facts.seats < 3"), ("dead_condition.never", WHEN, "facts.region == 'asia'"),
    ("dead_condition.always", WHEN, "facts.seats > 3 || facts.seats <= 3 || facts.seats == null"),
    ("internal_leak.step", "        side: ours\n        owner: we\n        visibility: internal", "        side: third\n        owner: we\n        ¦visibility: internal"),
    ("internal_leak.answer", ASSESSED, ASSESSED.replace("        visibility: internal\n", "").replace("fact: risk,", "¦fact: risk,")),
    ("internal_leak.words", "title: {en: Ask,", "title: {¦en: Ask for the risk day,"),
    ("internal_leak.condition", WHEN, "facts.seats > 50 && ¦facts.risk == 'x'"),
    ("internal_leak.field", "fact: start,", "¦fact: risk,"), ("internal_leak.due", "due: {days: 2, from: step:assess}", "due: {days: 2, ¦from: fact:risk_on}"),
    ("waits_unexplained", "        expect: {en: We answer in a day, bn: আমরা এক দিনে উত্তর দিই}\n        needs: [assess,", "        needs: [¦assess,"),
    ("need_type", "{step: train, lag: 1}", "{step: train, ¦type: xx}"), ("need_lag", "{step: train, lag: 1}", "{step: train, ¦lag: soon}"),
    ("due.shape", "due: {days: 9}", "¦due: soon"), ("due.unit", "due: {days: 9}", "due: {days: 9, ¦unit: weeks}"),
    ("due.from", "due: {days: 9}", "due: {days: 9, ¦from: easter}"), ("impossible_date.too_far", "due: {days: 9}", "due: {¦days: 1501}"),
    ("impossible_date.no_due", "        due: {days: 4}\n", ""), ("impossible_date.not_a_date", "from: step:assess", "¦from: fact:seats"),
    ("impossible_date.before_kickoff", "        due: {days: 3}", "        due: {¦days: -1}"),
    ("due.shape", "due: {days: 9}", "due: {days: 9}\n        ¦deadline: soon"), ("duration", "due: {days: 9}", "due: {days: 9}\n        ¦duration: -1"),
    ("fixed", "due: {days: 9}", "due: {days: 9}\n        ¦fixed: perhaps"), ("fixed.no_due", "due: {days: 9}", "¦fixed: true"),
    ("impossible_date.deadline_before_due", "due: {days: 9}", "due: {days: 9}\n        ¦deadline: {days: 8}"),
    ("impossible_date.begins_too_late", "due: {days: 9}", "due: {days: 9}\n        duration: 5\n        ¦not_before: {days: 8}"),
    ("impossible_date.begins_too_late", "due: {days: 9}", "duration: 5\n        ¦not_before: {days: 8}\n        deadline: {days: 9}"),
    ("impossible_date.too_short", "due: {days: 9}", "duration: 5\n        ¦due: {days: 9}"),
    ("due.unit", "{step: train, lag: 1}", "{step: train, lag: 1, ¦unit: weeks}"),
    ("impossible_date.before_need", "        due: {days: 4}", "        ¦due: {days: 2}"),
    ("remind.shape", "        remind: {before: [1], after: [1, 3]}", "        ¦remind: daily"), ("remind.days", "{before: [1],", "{¦before: [0],"),
    ("remind.on", "{before: [1],", "{before: [1], ¦on: perhaps,"), ("remind.escalate", "{before: [1],", "{before: [1], ¦escalate: 0,"),
    ("remind.no_due", "        due: {days: 3}\n        remind", "        ¦remind"), ("minutes", "        minutes: 30", "        ¦minutes: half an hour"),
    ("effort", "        minutes: 30", "        ¦effort: half a day"), ("effort", "        minutes: 30", "        ¦effort: 2001"),
    ("cycle", "        due: {days: 3}\n", "        due: {days: 3}\n        ¦needs: [assess]\n"),
    ("due_cycle", "        due: {days: 4}", "        ¦due: {days: 4, from: step:train}"),
    ("unreachable", "        due: {days: 3}\n", "        due: {days: 3}\n        needs: [ask]\n"),
    ("settings.unknown", "{question:", "{¦colour: red, question:"), ("settings.missing", "        settings: {question: {en: The terms, bn: শর্ত}}", "        ¦settings: {}"),
    ("settings.choice", "{key: start, type: date,", "{key: start, ¦type: dite,"), ("settings.type_array", "          fields:\n            - {key: risk", "          ¦fields: none\n          x:\n            - {key: risk"),
    ("settings.type_object", "            - {key: risk,", "            - ¦word\n            - {key: risk,"),
    ("settings.type_string", "fact: risk, label", "¦fact: [risk], label"), ("settings.type_number", "type: number, fact", "type: number, ¦min: few, fact"),
    ("settings.type_boolean", "type: number, fact", "type: number, ¦required: perhaps, fact"),
    ("settings.pattern", "{key: risk, type", "{¦key: Ri sk, type"), ("settings.minItems", "          fields:\n            - {key: risk", "          ¦fields: []\n          x:\n            - {key: risk"),
    ("condition.not_text", WHEN, "[]"), ("condition.too_long", WHEN, "facts.seats > 1" + " " * 480 + "     ¦&& facts.seats > 2"),
    ("condition.unclosed_text", WHEN, "facts.region == ¦'eu"), ("condition.character", WHEN, "facts.seats ¦§ 3"),
    ("condition.ends_early", WHEN, "facts.seats >¦"), ("condition.missing_sign", WHEN, "(facts.seats > 3 ¦facts"),
    ("condition.unexpected", WHEN, "facts.seats > 3 ¦)"), ("condition.too_deep", WHEN, "(" * 24 + "¦1" + ")" * 24),
    ("condition.no_parts", WHEN, "facts.seats.¦count > 3"), ("condition.no_macro", WHEN, "facts.seats.¦all(x, x > 1)"),
    ("condition.no_function", WHEN, "facts.seats.¦sum()"), ("condition.arguments", WHEN, "¦size() > 1"), ("condition.has_fact", WHEN, "¦has(1)"),
    ("gate.shape", GATE, "        ¦gate: soon"), ("gate.too_many", GATE, f"        ¦gate: [{', '.join(['{in_time: true}'] * 11)}]"),
    ("gate.kind", GATE, "        gate: [¦{}]"), ("gate.true", GATE, "        gate: [{¦in_time: maybe}]"),
    ("gate.side", GATE, "        gate: [{¦opened_by: they}]"), ("gate.cycle", GATE, "        gate: [{¦done: agree}]"),
    ("dead_gate.never", GATE, "        gate: [{¦if: facts.seats > 5 && facts.seats < 3, says: {en: Seats, bn: আসন}}]"),
    ("dead_gate.always", GATE, "        gate: [{¦if: facts.seats == 1 || facts.seats != 1, says: {en: Seats, bn: আসন}}]"),
    ("ladder.shape", "stages:\n", "¦escalation: soon\nstages:\n"), ("ladder.after", "stages:\n", "escalation: [{¦after: soon}]\nstages:\n"),
    ("ladder.word", "stages:\n", "escalation: [{after: 1, ¦unit: weeks}]\nstages:\n"),
    ("ladder.tell", "stages:\n", "escalation: [{after: 1, ¦tell: [they]}]\nstages:\n"),
    ("condition.bare_root", GATE, "        gate: [{if: ¦steps > 3, says: {en: Seats, bn: আসন}}]"),
    ("condition.not_a_fact", WHEN, "¦seats > 3"), ("condition.bare_facts", WHEN, "¦facts > 3"), ("condition.number", WHEN, "facts.seats > ¦99999999999999999999"),
    ("condition.escape", WHEN, "facts.region == 'a¦\\q'"),
]  # fmt: skip
WHOLE_FILES = {
    "yaml.empty": "", "yaml.too_large": "x" * 1_000_001, "yaml.unreadable": 'a: "\\Uffffffff"', "yaml.too_many": "[" + "a," * 60_000 + "a]",
    "yaml.too_deep": "[" * 30 + "]" * 30, "shape.root": "- a\n",
    "too_many_steps": "stages: [{key: a, title: A, steps: [" + ",".join(f"{{key: a{n}}}" for n in range(MOST_STEPS + 1)) + "]}]",
}  # fmt: skip
BY_SCHEMA_ONLY = {
    "settings.type_integer", "settings.minimum", "settings.maximum", "settings.maxItems", "settings.minLength", "settings.maxLength", "settings.other",
    "condition.syntax", "condition.unknown_part",
}  # fmt: skip
"""Faults that depend on what a kind's schema asks; `settings.choice` and its like above show the way they take."""


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.sampled_from(["", *"{}[]:,'\"|>@`&*!%?-# \\\n"])), min_size=1, max_size=3))
def test_however_a_text_is_broken_the_house_has_words_for_it(strokes: list[tuple[int, str]]) -> None:
    text = SOUND
    for place, character in strokes:
        text = text[:place] + character + text[place + 1 :]
    try:
        load(text)
    except YamlProblem as problem:
        assert problem.code != "unreadable"
        assert 1 <= problem.line <= text.count("\n") + 1


def test_the_sound_playbook_has_no_problem() -> None:
    assert lint(SOUND, kinds=kind_rules()) == []


@pytest.mark.parametrize(("fault", "old", "new"), PLANTED, ids=[f"{row[0]}-{number}" for number, row in enumerate(PLANTED)])
def test_each_fault_is_named_at_its_place(fault: str, old: str, new: str) -> None:
    assert SOUND.count(old) == 1 or fault.startswith("settings.missing"), "the row must say what it changes"
    text = SOUND.replace(old, new)
    found = [problem for problem in lint(text.replace("¦", ""), kinds=kind_rules()) if problem.fault == fault]
    assert found, [problem.fault for problem in lint(text.replace("¦", ""), kinds=kind_rules())]
    if "¦" in text:
        before = text[: text.index("¦")]
        assert (before.count("\n") + 1, len(before) - before.rfind("\n")) in [(problem.line, problem.column) for problem in found]
    assert "%(" not in words_of(found[0])


@pytest.mark.parametrize(
    ("fault", "change", "place"),
    [
        ("missing_key", ("    title: {en: First, bn: প্রথম}\n", ""), (16, 5)),
        ("missing_translation", ("{en: Train, bn: প্রশিক্ষণ}", "{en: Train}"), (50, 9)),
        ("unrecorded_fact", ("fact: seats, ", ""), (53, 15)),
        ("unrecorded_fact", ("fact: region, ", ""), (53, 35)),
        ("dead_condition", (WHEN, "facts.seats > 50 && facts.seats < 3"), (53, 9)),
        ("impossible_date", ("        due: {days: 4}\n", ""), (53, 24)),
        ("unreachable", ("        due: {days: 3}\n", "        due: {days: 3}\n        needs: [ask]\n"), (32, 9)),
    ],
)
def test_what_is_not_there_is_named_where_it_is_missed(fault: str, change: tuple[str, str], place: tuple[int, int]) -> None:
    assert place in [(one.line, one.column) for one in lint(SOUND.replace(*change), kinds=kind_rules()) if one.code == fault]


@pytest.mark.parametrize("fault", sorted(WHOLE_FILES))
def test_a_file_that_is_none_is_named(fault: str) -> None:
    assert fault in [problem.fault for problem in lint(WHOLE_FILES[fault])]


def test_every_fault_that_has_words_is_planted_somewhere() -> None:
    planted = {row[0] for row in PLANTED} | WHOLE_FILES.keys() | BY_SCHEMA_ONLY
    of_kinds = {fault for fault in problemwords._WORDS if fault.partition(".")[0] in kind_rules()}  # a kind's own are planted in its tests
    assert problemwords._WORDS.keys() - planted - of_kinds == set()
    assert planted - problemwords._WORDS.keys() == set()
