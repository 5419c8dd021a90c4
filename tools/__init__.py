"""What ``./dev`` runs: the checks, the test suite and its combinations.  No part of the distribution."""
