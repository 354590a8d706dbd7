"""`python -m sortation` is the same as `sortation`."""

import sys

from sortation.line import main

sys.exit(main())
