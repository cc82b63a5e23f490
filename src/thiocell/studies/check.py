"""Every fault of a study that can be found without computing anything."""

from __future__ import annotations

from pathlib import Path

from thiocell.core.bad_input import BadInput
from thiocell.studies.load import load
from thiocell.studies.study import BadStudy, RecordStep, Study


def faults_of(file: Path) -> list[str]:
    """What is wrong with a study file, one sentence each; its raw files must be there and readable."""
    try:
        study = load(file)
    except BadStudy as error:
        return list(error.faults)
    except BadInput as error:
        return [str(error)]
    return _missing(study)


def _missing(study: Study) -> list[str]:
    files = {step.where: step.work.file for step in study.steps.values() if isinstance(step.work, RecordStep)}
    return [
        f"{where} file: {file} is not a file; name an existing one"
        for where, file in files.items()
        if file is not None and not file.is_file()
    ]
