"""What axe-core finds in a page: rules of WCAG 2 that it breaks."""

from axe_playwright_python.sync_playwright import Axe

GRAVE = ("serious", "critical")


def serious_findings(page):
    """The serious and critical findings, each with the elements that have it."""
    report = Axe().run(page).response
    assert len(report["passes"]) > 10, "axe has looked at next to nothing"
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]}"
        for one in report["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
