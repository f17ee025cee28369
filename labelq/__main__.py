"""``python -m labelq``."""

from labelq.cli import main

if __name__ == "__main__":
    main()
