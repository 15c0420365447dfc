"""What the forge reads: the workflow runs CI's own command and may write nothing, the templates can be read."""

import yaml

from tests.docs.markdown import ROOT

FORGE = ROOT / ".github"


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_workflow_may_only_read_the_repository():
    workflow = load(FORGE / "workflows/ci.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())


def test_the_workflow_runs_ci_s_own_command():
    (job,) = load(FORGE / "workflows/ci.yml")["jobs"].values()
    command = job["steps"][-1]["run"]
    assert command == ".ci/run"
    assert (ROOT / command).stat().st_mode & 0o111


def test_the_issue_templates_are_forms_with_a_name_and_fields():
    templates = [load(path) for path in sorted((FORGE / "ISSUE_TEMPLATE").glob("*.yml")) if path.name != "config.yml"]
    assert [(template["name"], bool(template["description"]), len(template["body"]) > 1) for template in templates] == [
        ("Bug", True, True),
        ("Feature", True, True),
    ]


def test_the_bug_template_sends_vulnerabilities_elsewhere():
    note = load(FORGE / "ISSUE_TEMPLATE/bug.yml")["body"][0]["attributes"]["value"]
    assert "SECURITY.md" in note
