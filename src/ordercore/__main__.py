"""
``python -m ordercore`` is the command ``ordercore``.

"""

import sys

from ordercore.cli import main

if __name__ == "__main__":
    sys.exit(main())
