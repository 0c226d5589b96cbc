"""Projects to money: products as dated rules, eligibility, suitability, finance figures, allocation."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scoring.matching.editions import edition, products, read_product
from scoring.matching.eligibility import Match, RuleFinding, match, match_one
from scoring.matching.outcome import MissingField
from scoring.matching.product import Product, Rule, Term, Terms
from scoring.matching.profiles import Profile, dictionary, profile
from scoring.matching.repair import Repair, Step
from scoring.matching.suitability import ScoredPart, Suitability
from scoring.matching.vocabulary import Basis, Kind, vocabulary

if TYPE_CHECKING:
    from scoring.matching.allocation import Allocation, Award, FrontPoint, allocate, front, what_if
    from scoring.matching.figure import Figure, Figures, Financing, figures
    from scoring.matching.frame import FrameMatch, match_frame
    from scoring.matching.plans import Limits, Plan, plan
    from scoring.matching.program import NoAllocation
    from scoring.matching.projects import Projects, from_frame, from_profiles
    from scoring.matching.soundness import Conflict, ImpossibleProduct, find_conflict, require_sound
    from scoring.matching.stars import StarEstimate, star_rules
    from scoring.matching.stars import stars as stars_expected
    from scoring.matching.trials import Trial, trial

# What needs pandas or a solver is loaded when first asked for; a page needs neither.
_LATER = {
    "Allocation": ("allocation", "Allocation"),
    "Award": ("allocation", "Award"),
    "Conflict": ("soundness", "Conflict"),
    "Figure": ("figure", "Figure"),
    "Figures": ("figure", "Figures"),
    "Financing": ("figure", "Financing"),
    "FrameMatch": ("frame", "FrameMatch"),
    "FrontPoint": ("allocation", "FrontPoint"),
    "ImpossibleProduct": ("soundness", "ImpossibleProduct"),
    "Limits": ("plans", "Limits"),
    "NoAllocation": ("program", "NoAllocation"),
    "Plan": ("plans", "Plan"),
    "Projects": ("projects", "Projects"),
    "StarEstimate": ("stars", "StarEstimate"),
    "Trial": ("trials", "Trial"),
    "allocate": ("allocation", "allocate"),
    "figures": ("figure", "figures"),
    "find_conflict": ("soundness", "find_conflict"),
    "from_frame": ("projects", "from_frame"),
    "from_profiles": ("projects", "from_profiles"),
    "front": ("allocation", "front"),
    "match_frame": ("frame", "match_frame"),
    "plan": ("plans", "plan"),
    "require_sound": ("soundness", "require_sound"),
    "star_rules": ("stars", "star_rules"),
    "stars_expected": ("stars", "stars"),
    "trial": ("trials", "trial"),
    "what_if": ("allocation", "what_if"),
}

__all__ = [
    "Allocation",
    "Award",
    "Basis",
    "Conflict",
    "Figure",
    "Figures",
    "Financing",
    "FrameMatch",
    "FrontPoint",
    "ImpossibleProduct",
    "Kind",
    "Limits",
    "Match",
    "MissingField",
    "NoAllocation",
    "Plan",
    "Product",
    "Profile",
    "Projects",
    "Repair",
    "Rule",
    "RuleFinding",
    "ScoredPart",
    "StarEstimate",
    "Step",
    "Suitability",
    "Term",
    "Terms",
    "Trial",
    "allocate",
    "dictionary",
    "edition",
    "figures",
    "find_conflict",
    "from_frame",
    "from_profiles",
    "front",
    "match",
    "match_frame",
    "match_one",
    "plan",
    "products",
    "profile",
    "read_product",
    "require_sound",
    "star_rules",
    "stars_expected",
    "trial",
    "vocabulary",
    "what_if",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        module, attribute = _LATER[name]
        return getattr(import_module(f"scoring.matching.{module}"), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
