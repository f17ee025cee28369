"""Translation to and from Label Studio: export files, labeling config, control tags."""
