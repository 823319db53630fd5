"""The environment probe tries things for real; here the index is switched off or is a folder."""

import zipfile

import pytest

from bot.domain.errors import InputError
from probes.contract import ProbeContext, ProbeRequest, no_progress
from probes.environment import machine, run
from probes.environment.anywhere import reason_of
from probes.environment.probe import try_install
from probes.settings import ProbeSettings


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder as the only index, with one tiny wheel in it."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tinywheel-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinywheel.py", "")
        wheel.writestr("tinywheel-1.0.dist-info/METADATA", "Name: tinywheel\nVersion: 1.0\n")
        wheel.writestr(
            "tinywheel-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("tinywheel-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_package_is_installed_from_the_configured_index(tmp_path, index):
    tried = try_install(tmp_path, "tinywheel", 60)
    assert tried.reason == ""
    installed = list((tmp_path / "scratch-environment").rglob("tinywheel.py"))
    assert len(installed) == 1


def test_a_switched_off_index_is_a_reason_and_not_a_crash(tmp_path, index):
    assert try_install(tmp_path, "iniconfig", 60).reason in {
        "index_switched_off",
        "package_not_offered",
    }


def test_an_unreachable_index_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    assert try_install(tmp_path, "iniconfig", 60).reason == "index_unreachable"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("ERROR: HTTP error 403 while getting https://i.test/x.whl", "index_refuses"),
        ("ERROR: 401 Client Error: Unauthorized for url: https://i.test/simple/", "index_refuses"),
        ("Could not fetch URL: SSLError(SSLCertVerificationError(1, ''))", "index_certificate"),
        (
            "connection broken by 'ConnectTimeoutError(…)': /simple/x/\n"
            "ERROR: No matching distribution found for x",
            "index_unreachable",
        ),
        (
            "ERROR: Could not find a version that satisfies x (from versions: none)",
            "package_not_offered",
        ),
        ("Ignoring indexes: https://i.test\nERROR: No matching distribution", "index_switched_off"),
        ("ERROR: [Errno 28] No space left on device", "disk_full"),
        ("error: externally-managed-environment", "not_permitted"),
        ("Successfully uninstalled x-1.40.1", ""),
    ],
)
def test_what_pip_says_is_a_reason(said, code):
    assert reason_of(said) == code


@pytest.mark.parametrize(
    "options",
    [
        {"package": "--index-url=http://evil.test x"},
        {"package": "git+https://evil.test/x"},
        {"outside": "nowhere"},
        {"colour": "red"},
    ],
)
def test_an_option_that_is_no_name_is_refused(tmp_path, options):
    with pytest.raises(InputError):
        run(
            ProbeRequest("environment", options=options),
            ProbeContext(ProbeSettings(), tmp_path, no_progress),
        )


def test_a_closed_way_out_is_seen():
    assert not machine.can_reach("127.0.0.1", 9, 1)


@pytest.mark.slow
def test_a_notebook_runs_from_end_to_end():
    assert machine.run_notebook(90) == ""


@pytest.mark.slow
def test_the_whole_probe_says_what_works(tmp_path, index):
    result = run(
        ProbeRequest("environment", options={"package": "tinywheel", "outside": "127.0.0.1:9"}),
        ProbeContext(ProbeSettings(), tmp_path, no_progress),
    )
    assert {"python_ready", "install_works", "stack_ready", "notebook_runs", "outside_closed"} <= {
        one.code for one in result.findings
    }
    assert result.scenario == "works"
    assert not (tmp_path / "scratch-environment").exists()
