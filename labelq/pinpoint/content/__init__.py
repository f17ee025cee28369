"""What units are about, and where a content is disputed more often than chance has it."""
