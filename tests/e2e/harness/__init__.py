"""Real processes on loopback, real senders' signatures, bounded waits: what these tests are made of."""
