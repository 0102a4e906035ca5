"""How often the fault tests try, and the seed that repeats what they drew."""

import os
import random

# `make soak` asks for more of everything.
ROUNDS = int(os.environ.get("WIDGET_HOST_SOAK", "1"))
IS_SOAK = ROUNDS > 1
# Chosen anew each time and left in the environment: one seed for all processes of a run, those it starts too.
SEED = int(os.environ.setdefault("WIDGET_HOST_SEED", str(random.SystemRandom().randrange(1 << 32))))
# Named when something fails: give it to see the same again.
SAID = f"WIDGET_HOST_SEED={SEED}"


def chance(*of: object) -> random.Random:
    """Return what draws the same for the same purpose whenever the seed is the same, whatever else was drawn."""
    return random.Random(f"{SEED} {of}")  # noqa: S311 - to be repeated, not to be secret
