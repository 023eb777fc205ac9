"""``python -m rectify``: the command ``rectify``."""

from rectify.cli import main

if __name__ == "__main__":
    main()
