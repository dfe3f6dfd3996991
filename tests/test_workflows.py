"""The workflows of .github: what may be lost, and what cannot be undone, is thought of."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FOLDER.glob("*.yml")}
JOBS = [
    pytest.param(job, id=f"{name}-{key}")
    for name, workflow in sorted(WORKFLOWS.items())
    for key, job in workflow["jobs"].items()
]


def step_of(job: dict[str, Any], words: str) -> tuple[int, str]:
    """Return the number of the step whose commands have some words, and all its commands."""
    [found] = [
        (number, step["run"])
        for number, step in enumerate(job["steps"])
        if words in step.get("run", "")
    ]
    return found


def minutes(value: Any) -> list[int]:
    """Return how long something may take: of a condition each that it may be."""
    return [int(each) for each in re.findall(r"\d+", str(value))]


@pytest.mark.parametrize("job", JOBS)
def test_what_was_found_is_kept_also_of_what_took_too_long(job: dict[str, Any]) -> None:
    """A job whose time is up is cancelled: what is run has less, and both are asked for."""
    assert job["timeout-minutes"]
    uploads = [each for each in job["steps"] if "upload-artifact" in each.get("uses", "")]
    for upload in uploads:
        assert upload["if"] == "failure() || cancelled()"
        [run] = [each for each in job["steps"] if "timeout-minutes" in each]
        for most, whole in zip(
            minutes(run["timeout-minutes"]), minutes(job["timeout-minutes"]), strict=True
        ):
            assert most < whole


def test_fuzzing_has_more_time_than_one_test_of_it() -> None:
    """Which says itself by then where it hangs."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [seconds] = re.findall(r"--timeout=(\d+)", makefile)
    [run] = [
        each for each in WORKFLOWS["nightly"]["jobs"]["long"]["steps"] if "Run it" in each.values()
    ]
    assert "matrix.target == 'fuzz'" in run["timeout-minutes"]
    assert minutes(run["timeout-minutes"])[0] * 60 > 2 * int(seconds)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_what_they_make_there_is(name: str) -> None:
    """Each target stands in the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    text = (FOLDER / f"{name}.yml").read_text("utf-8")
    asked = {each for line in re.findall(r"run: make (.*)", text) for each in words_of(line)}
    if name == "nightly":
        matrix = WORKFLOWS[name]["jobs"]["long"]["strategy"]["matrix"]
        lines = [*matrix["target"], *(each["target"] for each in matrix["include"])]
        asked |= {each for line in lines for each in words_of(line)}
    assert asked <= targets
    assert asked or name == "ci"


def words_of(line: str) -> list[str]:
    """Return the targets of a call of make, without what is set."""
    return [each for each in re.sub(r'"[^"]*"', "", line).split() if "=" not in each]


def test_what_a_release_cannot_undo_comes_last_and_may_be_tried_again() -> None:
    """The index gets the wheel once all is there, signed, and seen by everybody as a release."""
    jobs = WORKFLOWS["release"]["jobs"]
    before, publish = set(jobs) - {"publish"}, jobs["publish"]
    needed = set(publish["needs"])
    while (
        more := {
            need
            for name in needed
            for need in [jobs[name].get("needs", [])]
            for need in ([need] if isinstance(need, str) else need)
        }
        - needed
    ):
        needed |= more
    assert needed == before
    for name in before:
        runs = "\n".join(each.get("run", "") for each in jobs[name]["steps"])
        assert "uv publish" not in runs
        for line in re.findall(r"gh release create.*", runs):
            assert "--draft" in line
    verified, _ = step_of(publish, "gh attestation verify")
    index, command = step_of(publish, "uv publish")
    seen, _ = step_of(publish, "--draft=false")
    assert verified < seen < index == len(publish["steps"]) - 1
    assert "--check-url" in command
    _, draft = step_of(jobs["wheel"], "gh release create")
    assert "gh release upload" in draft
    assert "--clobber" in draft


def test_the_image_of_a_release_has_every_extra() -> None:
    """Whoever takes it needs no other for PostgreSQL, nodes, a store or traces."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    _, command = step_of(WORKFLOWS["release"]["jobs"]["image"], "docker buildx build")
    [extras] = re.findall(r'EXTRAS="([^"]*)"', command)
    assert set(extras.split()) == set(project["optional-dependencies"])


def test_the_history_is_looked_through_where_all_of_it_is() -> None:
    """By night; the bound on the coverage is held by the week."""
    audit = WORKFLOWS["nightly"]["jobs"]["audit"]
    assert audit["steps"][0]["with"]["fetch-depth"] == 0
    step_of(audit, "make audit HISTORY=1")
    step_of(WORKFLOWS["weekly"]["jobs"]["coverage"], "make coverage")
