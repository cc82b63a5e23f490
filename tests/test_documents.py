"""What the documents print is what happens."""

import doctest
import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

from thiocell.cli import main
from thiocell.studies.bundle import bundled
from thiocell.studies.load import load
from thiocell.techniques import TECHNIQUES

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def commands() -> list[list[str]]:
    import shlex

    blocks = re.findall(r"```\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("thiocell ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_every_command_of_the_readme_works_as_printed(with_pan2023, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert len(commands()) >= 8
    for words in commands():
        monkeypatch.setattr(sys, "argv", ["thiocell", *words])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 0, (words, capsys.readouterr().err)
    assert (tmp_path / "mystudy" / "report.html").is_file()
    assert (tmp_path / "cell_a.bdf.parquet").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_to_a_file_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith(("http", "doi:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", TECHNIQUES.names)
def test_every_technique_has_a_page_that_the_readme_links(name):
    assert f"(docs/techniques/{name}.md)" in (ROOT / "README.md").read_text("utf-8")


def test_the_study_guide_writes_toml():
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "studies.md").read_text("utf-8"), re.DOTALL)
    verbs = set()
    for block in blocks:
        verbs |= set(tomllib.loads(block))
    assert verbs == {"sample", "record", "predict", "analyse", "trend", "fit", "inside", "claim"}


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_study_has_no_fault(name):
    study = load(bundled()[name])
    assert study.steps
    assert study.claims


def test_the_raw_files_of_the_tour_are_what_our_predictions_make(tmp_path):
    spec = importlib.util.spec_from_file_location("tour_files", Path(__file__).with_name("tour_files.py"))
    tour_files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tour_files)
    tour_files.make(tmp_path)
    shipped = {file.name: file.read_bytes() for file in (bundled()["tour"] / "raw").iterdir()}
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == shipped


def test_no_shelf_s_file_imports_its_neighbour():
    for folder in ("readers", "techniques", "chemistry/systems"):
        place = ROOT / "src" / "thiocell" / folder
        package = f"thiocell.{folder.replace('/', '.')}"
        names = {file.stem for file in place.glob("*.py") if file.stem[0] != "_"}
        for file in place.glob("*.py"):
            imported = set(re.findall(rf"from {package}\.(\w+) import", file.read_text("utf-8")))
            assert not imported & names, file


def test_the_tutorial_for_pybamm_users_prints_what_happens():
    page = ROOT / "docs" / "cell-for-pybamm-users.md"
    found = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 40
    assert found.failed == 0
