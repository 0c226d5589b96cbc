"""Projects to money: products as dated rules, eligibility, suitability, finance figures, allocation."""

from scoring.matching.eligibility import Match, RuleFinding, match, match_one
from scoring.matching.frame import FrameMatch, match_frame
from scoring.matching.outcome import MissingField
from scoring.matching.product import Product, Rule, Term, Terms
from scoring.matching.profile import Profile, dictionary, profile
from scoring.matching.projects import Projects, from_frame, from_profiles
from scoring.matching.reading import edition, products, read_product
from scoring.matching.repair import Repair, Step
from scoring.matching.suitability import ScoredPart, Suitability
from scoring.matching.vocabulary import Basis, Kind, vocabulary

__all__ = [
    "Basis",
    "FrameMatch",
    "Kind",
    "Match",
    "MissingField",
    "Product",
    "Profile",
    "Projects",
    "Repair",
    "Rule",
    "RuleFinding",
    "ScoredPart",
    "Step",
    "Suitability",
    "Term",
    "Terms",
    "dictionary",
    "edition",
    "from_frame",
    "from_profiles",
    "match",
    "match_frame",
    "match_one",
    "products",
    "profile",
    "read_product",
    "vocabulary",
]
