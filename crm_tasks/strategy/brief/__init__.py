"""The decision brief: one page per run for whoever decides, in English and Chinese."""

from crm_tasks.strategy.brief.render import write_briefs

__all__ = ["write_briefs"]
