"""Counts the test cases of a `bazel test` run: test_report.py EVENTS EXIT_STATUS.

EVENTS is what --build_event_json_file wrote. Prints each failed case, each skipped case with its reason, and last
`N passed, N failed, N skipped`. Exits with zero where Bazel did, something passed and nothing failed.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


class Report:
    """The outcome of every case, as (name, what was said about it) where it did not pass."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add_case(self, label, case):
        name = f"{label} {case.get('classname', '')}.{case.get('name', '')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            self.failed.append((name, "failed"))
        elif skipped is not None:
            self.skipped.append((name, _reason(skipped.get("message") or skipped.text or "")))
        elif case.get("status") == "notrun":
            self.skipped.append((name, "disabled"))
        else:
            self.passed += 1

    def add_target(self, label, status, xml_path):
        """Adds one run of a test target; `status` is Bazel's word for how it ended."""
        failed_before = len(self.failed)
        cases = _cases(xml_path)
        for case in cases:
            self.add_case(label, case)
        if status in ("PASSED", "FLAKY"):
            if not cases:
                self.failed.append((label, "ran no test case"))
        elif len(self.failed) == failed_before:
            self.failed.append((label, status.lower().replace("_", " ")))


def _reason(message):
    """The text given to GTEST_SKIP(), without the source position that stands before it."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(lines[1:] or lines) or "no reason given"


def _cases(xml_path):
    if xml_path is None:
        return []
    try:
        return list(ElementTree.parse(xml_path).iter("testcase"))
    except (ElementTree.ParseError, OSError):
        return []  # The test ended before it could write its report; its status says so.


def _path(uri):
    return urllib.parse.unquote(urllib.parse.urlparse(uri).path)


def _read_events(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def collect(events):
    report = Report()
    for event in events:
        identity = event.get("id", {})
        if "testResult" in event:
            outputs = event["testResult"].get("testActionOutput", [])
            xml = next((_path(o["uri"]) for o in outputs if o["name"] == "test.xml"), None)
            report.add_target(identity["testResult"]["label"], event["testResult"]["status"], xml)
        elif "targetCompleted" in identity and not event.get("completed", {}).get("success"):
            report.failed.append((identity["targetCompleted"]["label"], "does not build"))
    return report


def main(events_path, bazel_status):
    report = collect(_read_events(events_path))
    for name, reason in report.failed:
        print(f"FAILED   {name}: {reason}")
    for name, reason in report.skipped:
        print(f"skipped  {name}: {reason}")
    if bazel_status != 0 and not report.failed:
        print(f"FAILED   bazel ended with exit status {bazel_status}")
        report.failed.append(("bazel", ""))
    print(f"{report.passed} passed, {len(report.failed)} failed, {len(report.skipped)} skipped")
    return 0 if bazel_status == 0 and report.passed > 0 and not report.failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
