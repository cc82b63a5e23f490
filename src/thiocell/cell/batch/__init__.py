"""Many cells at once: a solver of our own for the equations of docs/cell-model.md."""

from thiocell.cell.batch.course import Course, Fared, Why
from thiocell.cell.batch.solve import solve

__all__ = ["Course", "Fared", "Why", "solve"]
