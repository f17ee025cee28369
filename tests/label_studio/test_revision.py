"""A config with other labels: only these change, and what cannot be done is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.errors import SettingsError
from labelq.label_studio.config import parse_label_config
from labelq.label_studio.revision import Paste, revised
from labelq.remedy.label_changes import LabelChange

TEXT = '<Text name="text" value="$text"/>'
CONFIG = f"""<View>
  <!-- what customers want: <Choice value="Refund"/> -->
  {TEXT}
  <Choices name='category' toName="text" choice="single"
           showInline="true">
    <Choice value="Refund" hotkey="r"/>
    <Choice value='Ship&amp;ping'/>
    <Choice value="Long name" alias="short"></Choice>
  </Choices>
  <Choices name="tone" toName="text"><Choice value="Refund"/><Choice value="kind"/></Choices>
</View>
"""
TAXONOMY = f"""<View>{TEXT}
  <Taxonomy name="what" toName="text">
    <Choice value="Animal">
      <Choice value="Cat"/>
      <Choice value="Dog"/>
    </Choice>
    <Choice value="Plant"/>
  </Taxonomy>
</View>"""


def labels(config, question="category"):
    found = parse_label_config(config, where="test").control(question)
    return [x if isinstance(x, str) else " / ".join(x) for x in found.labels]


def one(inside):
    return f"<View>{TEXT}{inside}</View>"


def change(config, *changes):
    return revised(config, [LabelChange("category", **one) for one in changes], where="config.xml")


def test_a_split_label_makes_room_for_what_it_becomes():
    made = change(CONFIG, {"gone": ("Refund",), "new": ("Money", "Credit <5"), "beside": "Refund"})
    assert made.text == CONFIG.replace(
        '    <Choice value="Refund" hotkey="r"/>\n',
        '    <Choice value="Money"/>\n    <Choice value="Credit &lt;5"/>\n',
    )
    assert labels(made.text) == ["Money", "Credit <5", "Ship&ping", "short"]
    assert labels(made.text, "tone") == ["Refund", "kind"]
    assert made.pastes == (
        Paste(
            "category",
            ('<Choice value="Money"/>', '<Choice value="Credit &lt;5"/>'),
            '<Choice value="Refund" hotkey="r"/>',
        ),
        Paste("category", ('<Choice value="Refund" hotkey="r"/>',), out=True),
    )


def test_a_label_that_is_split_may_stay():
    made = change(CONFIG, {"new": ("Refund", "Credit"), "beside": "Refund"})
    assert labels(made.text) == ["Refund", "Credit", "Ship&ping", "short"]


def test_new_labels_come_last_and_dropped_ones_go_by_what_results_call_them():
    made = change(CONFIG, {"new": ("Other",)}, {"gone": ("short",)}, {"gone": ("Ship&ping",)})
    assert labels(made.text) == ["Refund", "Other"]
    assert "Long name" not in made.text
    assert made.text.count("\n") == CONFIG.count("\n") - 1


def test_again_changes_nothing():
    changes = {"gone": ("Refund",), "new": ("Money", "Credit"), "beside": "Refund"}
    once = change(CONFIG, changes)
    again = change(once.text, changes)
    assert (again.text, again.pastes) == (once.text, ())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", '<?xml version="1.0" encoding="utf-16"?>\n'])
def test_line_ends_and_what_stands_before_stay(end, start):
    config = (start.replace("utf-16", "utf-8") + CONFIG).replace("\n", end)
    made = change(config, {"new": ("Überweisung",), "beside": "Refund"}).text
    line = f'{end}    <Choice value="Überweisung"/>'
    assert made == config.replace(' hotkey="r"/>', f' hotkey="r"/>{line}')
    assert change(made, {"gone": ("Überweisung",)}).text == config


def test_labels_on_one_line():
    two = '<Choice value="a"/> <Choice value="b"/>'
    config = one(f'<Choices name="category" toName="text">{two}</Choices>')
    made = change(config, {"gone": ("a",), "new": ("c",), "beside": "a"}).text
    assert made == config.replace('<Choice value="a"/>', '<Choice value="c"/>')


def test_paths_of_a_taxonomy():
    def of(**what):
        return revised(TAXONOMY, [LabelChange("what", **what)], where="config.xml").text

    made = of(gone=("Animal / Cat",), new=("Animal / Lion", "Animal / Lynx"), beside="Animal / Cat")
    assert made == TAXONOMY.replace(
        '<Choice value="Cat"/>', '<Choice value="Lion"/>\n      <Choice value="Lynx"/>'
    )
    made = of(new=("Plant / Tree", "Plant / Herb"))
    assert labels(made, "what")[-3:] == ["Plant", "Plant / Tree", "Plant / Herb"]
    beside = labels(of(new=("Fungus",), beside="Animal"), "what")
    assert beside == ["Animal", "Animal / Cat", "Animal / Dog", "Fungus", "Plant"]
    with pytest.raises(SettingsError, match="'Animal' has labels below it; decide about these"):
        of(gone=("Animal",))
    with pytest.raises(SettingsError, match="there is no 'Stone' that 'Stone / Flint' could stand"):
        of(new=("Stone / Flint",))


@pytest.mark.parametrize(
    ("config", "what", "said"),
    [
        (CONFIG.replace("category", "topic"), {"new": ("x",)}, "there is no question 'category'"),
        (CONFIG, {"new": ("a\x1b[31m",)}, "can be no label of a config"),
        (CONFIG, {"new": ("a\nb",)}, "can be no label of a config"),
        (CONFIG, {"new": (" ",)}, "can be no label of a config"),
        (
            one('<Choices name="category" toName="text" value="$options"/>'),
            {"new": ("x",)},
            "its labels come from the tasks' data",
        ),
        (one('<Rating name="category" toName="text"/>'), {"gone": ("1",)}, "Rating has no labels"),
        (
            one('<Choices name="category" toName="text"><Choice value="a"/></Choices>'),
            {"gone": ("a",)},
            "'a' is its only label",
        ),
        (
            one(
                '<Choices name="category" toName="text"><Choice value="a"/><Choice value="b"/>'
                '</Choices><Choices name="why" toName="text" visibleWhen="choice-selected"'
                ' whenTagName="category" whenChoiceValue="b, a"><Choice value="x"/></Choices>'
            ),
            {"gone": ("a",)},
            "why is only shown for 'a'",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(config, what, said):
    with pytest.raises(
        SettingsError, match=r"config\.xml: decision gift-cards: category"
    ) as refused:
        revised(
            config, [LabelChange("category", decision="gift-cards", **what)], where="config.xml"
        )
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@given(
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and text.isprintable() and text not in labels(CONFIG))
)
def test_any_label_comes_and_goes(label):
    made = change(CONFIG, {"new": (label,), "beside": "Ship&ping"})
    assert labels(made.text) == ["Refund", "Ship&ping", label, "short"]
    assert change(made.text, {"gone": (label,)}).text == CONFIG
