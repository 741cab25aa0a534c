"""`python -m gemaudit`."""

from gemaudit.cli import main

if __name__ == "__main__":
    main()
