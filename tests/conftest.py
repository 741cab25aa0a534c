"""Settings of the whole test suite; this file also puts `builders` within reach of every test."""

import os
import signal

from hypothesis import HealthCheck, Phase, settings

#: How often a property is tried; more of them now and then find more.
EXAMPLES = int(os.environ.get("GEMAUDIT_EXAMPLES", "40"))

# A busy machine must not fail a property that holds; explaining a failure takes longer than finding it.
settings.register_profile(
    "default",
    deadline=None,
    max_examples=EXAMPLES,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("default")

# A shell lets what it starts in the background ignore interrupts, and so would the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
