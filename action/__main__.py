"""The steps of the action: `python -I action check`, then `publish`.

The folder is run instead of a module, so that nothing in the repository that is checked can be imported.
"""  # noqa: INP001 - it is run, never imported

import sys

from gemaudit_action.steps import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
