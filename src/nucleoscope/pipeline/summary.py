"""The end of a run in a few lines: what each model reached, and what that figure means."""

import json

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.metrics import quote
from nucleoscope.pipeline.audit_summary import describe_baselines
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.reporter import Reporter


def summarise(prepared: Prepared, folder: RunFolder, reporter: Reporter) -> None:
    """Tell the accuracy of each model with its protocol, and what the protocol means for these crops."""
    for kind in prepared.settings.models:
        record = json.loads(folder.model(kind).metrics.read_text(encoding="utf-8"))
        reporter.say(
            f"{kind}: {quote(record['accuracy'], record['accuracy_ci95'], prepared.protocol, record['crops'])}"
        )
    audit = json.loads(folder.audit.read_text(encoding="utf-8"))
    reporter.say(describe_baselines(prepared.protocol, audit["splits"][prepared.protocol]))
    leak = audit["leak"]
    if prepared.protocol is Protocol.TILES:
        reporter.say("No tile was on both sides of the split: this is what to expect on new tiles of this kind.")
    elif leak["share"] > 0:
        reporter.say(
            f"{leak['share']:.1%} of the validation crops share pixels with a training crop: these figures measure "
            "memory as well as skill; --split tiles tells what to expect on new tissue."
        )
    reporter.say("Research use only.")
