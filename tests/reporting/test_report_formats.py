import importlib
import pkgutil

import pytest
from report_sample import report

from gemaudit import reporting
from gemaudit.reporting import FORMAT_NAMES, FORMATS, Style, render


def modules_that_look_like_formats() -> set[str]:
    names = {module.name for module in pkgutil.iter_modules(reporting.__path__) if not module.ispkg}
    found = {name: importlib.import_module(f"gemaudit.reporting.{name}") for name in names}
    return {name for name, module in found.items() if hasattr(module, "NAME") or hasattr(module, "render")}


def test_every_format_of_the_folder_is_in_the_table() -> None:
    assert modules_that_look_like_formats() == set(FORMATS.values())


@pytest.mark.parametrize(("name", "module"), FORMATS.items())
def test_every_format_goes_by_its_own_name(name: str, module: str) -> None:
    assert name == importlib.import_module(f"gemaudit.reporting.{module}").NAME


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_a_report_ends_with_one_newline(name: str) -> None:
    text = render(name, report(), Style())

    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_an_unknown_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="no format `xml`; there are text, json"):
        render("xml", report(), Style())
