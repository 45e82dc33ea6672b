"""Run progress: the parts of one run that its report is made of, complete at any moment."""

from app.adapters.agents_sdk.approvals.continued_run import ContinuedRun
from app.adapters.agents_sdk.models.request_ledger import RequestLedger
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.domain.model_ref import ModelRef
from app.ports.agent_runner import RunReport
from app.ports.turn_log import OpenApprovals


class RunProgress:
    """A run so far.

    `continued` is the run that it goes on with, and `asked` what it asks the user to approve.
    """

    def __init__(self, outlet: Outlet, ledger: RequestLedger, transcript: RunTranscript) -> None:
        self.outlet = outlet
        self.ledger = ledger
        self.transcript = transcript
        self.continued: ContinuedRun | None = None
        self.asked: OpenApprovals | None = None

    def complete(self, report: RunReport, chosen: ModelRef) -> None:
        """Complete the report of a run that ended in any way."""
        author = self.ledger.author(chosen)
        report.provider, report.model = author.provider, author.model
        report.attempts, report.usage = self.ledger.attempts, self.ledger.usage
        report.item_ids = self.outlet.item_ids
        self._report_open_calls(report)

    def _report_open_calls(self, report: RunReport) -> None:
        """Calls that a resumed turn leaves open belong to that turn's record, not to this run's."""
        asked, open_call = self.asked, self.outlet.questions.open_call
        if self.continued is not None and self.continued.resumed.is_active:
            resumed = self.continued.resumed
            report.earlier = resumed.finish(self.transcript, asked, open_call)
            if not resumed.settled:
                asked = open_call = None
        elif report.earlier is not None and report.earlier.open_call is not None:
            open_call = None
        report.open_call, report.approvals = open_call, asked
        report.model_items = self.transcript.items(open_call.call_id if open_call else None, waiting=asked is not None)
