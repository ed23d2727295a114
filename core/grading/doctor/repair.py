"""Repairs that are tried on a network with a low accuracy: what comes back tells what was wrong."""

from dataclasses import dataclass

from core.grading.doctor.case import Case, Finding

GAIN = 0.1  # of accuracy: three standard errors on the images that are tried
CLEAR_GAIN = 0.2  # where a repair also lifts a network that something else is wrong with


@dataclass(frozen=True)
class Repair:
    """A network's accuracy after one repair, and the finding if that is the explanation.

    evidence: what was changed, as the end of "Accuracy rises from 20% to 75% …".
    """

    name: str
    accuracy: float
    verdict: str
    evidence: str
    remedy: str
    gain: float = GAIN

    def explains(self, case: Case) -> bool:
        """Tell whether so much accuracy came back that this is what was wrong."""
        return self.accuracy >= max(case.wanted, case.accuracy + self.gain)

    def finding(self, case: Case) -> Finding:
        """Return the verdict with the accuracies before and after."""
        rises = (
            f"Accuracy rises from {case.accuracy:.0%} to {self.accuracy:.0%} of "
            f"{len(case.tried)} images {self.evidence}."
        )
        return Finding(self.name, self.verdict, rises, self.remedy)
