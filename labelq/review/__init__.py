"""The guideline review meeting, in the browser: a local page for the chair.

guard      the door: token, cookie, host, origin, what every answer carries
app        the routes
pages      what stands on each page, in words; shows: the shows of hands; wording: sentences
answers    from the form of a decision to the decision
desk       what lies on the table: the audit, the guideline, the files; and the steps
refusals   why a step was not taken
meeting    a meeting in progress, as data
store      the files beside the guideline
minutes    the minutes, as Markdown
"""
