"""Corpora of lockfiles: a column of texts in, a row about each out.

This module needs nothing that gemaudit does not. `gemaudit.batch.arrow`, `.dask` and `.spark` each need the extra of
their name.
"""

from gemaudit.batch.judging import Judge, Question, judge
from gemaudit.batch.row import Row, RowFinding, RowStatus

__all__ = ["Judge", "Question", "Row", "RowFinding", "RowStatus", "judge"]
