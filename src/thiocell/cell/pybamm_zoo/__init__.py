"""The cell model as PyBaMM's model zoo finds it: one folder a model, with its manifest."""
