"""Every fault of a study that can be found without computing anything."""

from __future__ import annotations

from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.readers import identify
from thiocell.readers._origin import contents
from thiocell.studies.load import load
from thiocell.studies.study import BadStudy, RecordStep, Study


def faults_of(file: Path) -> list[str]:
    """What is wrong with a study file, one sentence each; its raw files must be there, readable and of a known format.

    The format is asked of those alone for which the study names no reader and declares no columns.
    """
    try:
        study = load(file)
    except BadStudy as error:
        return list(error.faults)
    except BadInput as error:
        return [str(error)]
    except OSError as error:
        return [f"{file} cannot be read: {error.strerror or error}"]
    return _of_files(study)


def _of_files(study: Study) -> list[str]:
    faults = []
    for step in study.steps.values():
        try:
            if isinstance(step.work, RecordStep) and step.work.file is not None:
                _ask(step.work, step.work.file)
        except BadInput as error:
            faults.append(f"{step.where} file: {error}")
    return faults


def _ask(work: RecordStep, file: Path) -> None:
    """Raises BadInput for a raw file that cannot be read, or that no reader or several would take."""
    if work.reader or work.columns or work.layout:
        contents(file, 1)
    else:
        identify(file)
