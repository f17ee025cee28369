"""Label Studio exports for tests, built from small parts."""

from collections import Counter


def choice(name, *labels, **more):
    return {"from_name": name, "type": "choices", "value": {"choices": list(labels)}} | more


def rating(name, value):
    return {"from_name": name, "type": "rating", "value": {"rating": value}}


def annotation(who=1, *results, **more):
    return {"completed_by": who, "result": list(results)} | more


def task(number, *annotations, data=None, **more):
    data = {"text": f"text {number}"} if data is None else data
    return {"id": number, "data": data, "annotations": list(annotations)} | more


def answers(s):
    """{(unit id, rater id or None, question): value}, of everything that was answered."""
    raters = list(s.raters)
    values = [list(codes) for codes in s.values]
    found = {}
    for a, q, v in zip(s.annotation, s.question, s.value, strict=True):
        rater = raters[s.a_rater[a]] if s.a_rater[a] >= 0 else None
        found[s.unit_ids[s.a_unit[a]], rater, s.questions[q].name] = values[q][v]
    return found


def asides(s):
    return Counter({(reason, q): n for (reason, q, _), n in s.aside.items()})


TEXT = '<Text name="text" value="$text"/>'
CATEGORY = '<Choices name="c" toName="text"><Choice value="A"/><Choice value="B"/></Choices>'
TOPICS = (
    '<Choices name="m" toName="text" choice="multiple">'
    '<Choice value="X"/><Choice value="Y"/></Choices>'
)
