"""Settings of the whole test suite; this file also puts `builders` within reach of every test."""

from hypothesis import HealthCheck, settings

# A busy machine must not fail a property that holds.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
