"""The guideline review meeting, in the browser: a local page for the chair."""
