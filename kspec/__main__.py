"""`python -m kspec`: the command line."""

import sys

from kspec.cli import main

sys.exit(main())
