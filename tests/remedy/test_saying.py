"""What the guideline says today about labels."""

from labelq.remedy.guideline.saying import said_about

TEXT = """\
---
labelq:
  sections:
    Delivery: "How it comes"
---
# Guideline

## Refund
Money back.

### When not
Never.

## Billing
Money.

# How it comes
By lorry.
"""
KNOWN = ("Refund", "Billing", "Delivery", "Account")


def said(*labels, told=None, text=TEXT, known=KNOWN):
    return [
        (one.labels, one.heading, one.text) for one in said_about(text, labels, known, told or {})
    ]


def test_each_label_has_its_section_with_what_stands_below_it():
    assert said("Billing", "Refund") == [
        (("Billing",), "Billing", "Money."),
        (("Refund",), "Refund", "Money back.\n\n### When not\nNever."),
    ]


def test_sections_are_told_by_front_matter_and_settings():
    assert said("Delivery") == [(("Delivery",), "How it comes", "By lorry.")]
    assert said("Account", told={"Account": "Billing"}) == [(("Account",), "Billing", "Money.")]


def test_a_label_without_a_section_is_left_out():
    assert said("Account") == []
    assert said("Refund", text="") == []


def test_without_a_label_is_said_where_the_label_is():
    assert said("without Billing", "Billing") == [(("Billing",), "Billing", "Money.")]


def test_two_labels_of_one_section_say_it_once():
    told = {"Refund": "Billing"}
    assert said("Refund", "Billing", told=told | {"Billing": "Billing"}) == [
        (("Refund", "Billing"), "Billing", "Money.")
    ]
