"""Projects to money: products as dated rules, eligibility, suitability, finance figures, allocation."""

from scoring.matching.allocation import Allocation, Award, FrontPoint, allocate, front, what_if
from scoring.matching.editions import edition, products, read_product
from scoring.matching.eligibility import Match, RuleFinding, match, match_one
from scoring.matching.figure import Figure, Figures, Financing, figures
from scoring.matching.frame import FrameMatch, match_frame
from scoring.matching.outcome import MissingField
from scoring.matching.plans import Limits, Plan, plan
from scoring.matching.product import Product, Rule, Term, Terms
from scoring.matching.profiles import Profile, dictionary, profile
from scoring.matching.program import NoAllocation
from scoring.matching.projects import Projects, from_frame, from_profiles
from scoring.matching.repair import Repair, Step
from scoring.matching.soundness import Conflict, ImpossibleProduct, find_conflict, require_sound
from scoring.matching.stars import StarEstimate, star_rules
from scoring.matching.stars import stars as stars_expected
from scoring.matching.suitability import ScoredPart, Suitability
from scoring.matching.trials import Trial, trial
from scoring.matching.vocabulary import Basis, Kind, vocabulary

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
