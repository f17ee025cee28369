"""labelq: label quality and annotator agreement for Label Studio.

The rooms, in the order in which data flows through them::

    label_studio  translation to and from Label Studio
    labels        the round as data
    measure       numbers about the whole, with intervals
    pinpoint      which units, raters, label pairs, clusters; and why
    remedy        the queue and the guideline draft
    report        words, pictures and layout

``labelq.read(path)`` gives a :class:`Round`, ``labelq.audit(round)`` an :class:`Audit`.
"""
