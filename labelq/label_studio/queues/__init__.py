"""The re-labeling queue in Label Studio: push it, see how far it is, take it back."""
