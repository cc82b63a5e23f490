"""A study file says what was done and what is claimed; running it gives results and verdicts."""
