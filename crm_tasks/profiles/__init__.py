"""Source profiles: what a company's data are and how they map onto the canonical entities."""

from crm_tasks.profiles.base import RAW_PAYLOAD
from crm_tasks.profiles.load import bundled_profiles, load_profile, profile_path
from crm_tasks.profiles.mappings import Feed
from crm_tasks.profiles.model import Profile
from crm_tasks.profiles.places import Source
from crm_tasks.profiles.schema import profile_schema
from crm_tasks.profiles.tables import SourceTable
from crm_tasks.profiles.texts import LanguageModel, Texts

__all__ = [
    "RAW_PAYLOAD",
    "Feed",
    "LanguageModel",
    "Profile",
    "Source",
    "SourceTable",
    "Texts",
    "bundled_profiles",
    "load_profile",
    "profile_path",
    "profile_schema",
]
