"""What earlier rounds said, and whether what was decided since has helped."""
