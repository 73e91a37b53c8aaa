"""Source profiles: what a company's data are and how they map onto the canonical entities."""

from crm_tasks.profiles.load import bundled_profiles, load_profile, profile_path
from crm_tasks.profiles.model import Feed, Profile, Source, SourceTable

__all__ = [
    "Feed",
    "Profile",
    "Source",
    "SourceTable",
    "bundled_profiles",
    "load_profile",
    "profile_path",
]
