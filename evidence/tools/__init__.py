"""Risk-of-bias tools as versioned data: domains, judgements and the rule for the overall judgement.

A tool is a JSON file of this folder. `overall_rule` is "worst": the worst domain decides, as in RoB 2 (Sterne 2019,
doi:10.1136/bmj.l4898) and in RoB 1 within a study (Higgins 2011, doi:10.1136/bmj.d5928).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OVERALL = "overall"


class UnknownTool(ValueError):
    """No tool has this code."""

    def __init__(self, code: str) -> None:
        known = ", ".join(tool.code for tool in all_tools())
        super().__init__(f"There is no risk-of-bias tool “{code}”; the tools are {known}.")


@dataclass(frozen=True, slots=True)
class Tool:
    """A risk-of-bias tool.

    `domains` maps code to name in the tool's order; `levels` maps code to name from best to worst; `overall_rule`
    names how the domains are combined.
    """

    code: str
    name: str
    version: str
    citation: str
    domains: Mapping[str, str]
    levels: Mapping[str, str]
    overall_rule: str

    def has_domain(self, domain: str) -> bool:
        """Whether the code is a domain of the tool or its overall judgement."""
        return domain == OVERALL or domain in self.domains

    def has_level(self, level: str) -> bool:
        """Whether the code is a judgement of the tool."""
        return level in self.levels

    def domain_name(self, domain: str) -> str:
        """Name of a domain."""
        return "Overall" if domain == OVERALL else self.domains.get(domain, domain)

    def level_name(self, level: str) -> str:
        """Name of a judgement."""
        return self.levels.get(level, level)

    def domain_list(self) -> str:
        """The codes of the domains, for a sentence."""
        return ", ".join([*self.domains, OVERALL])

    def level_list(self) -> str:
        """The codes of the judgements, for a sentence."""
        return ", ".join(self.levels)

    def rank(self, level: str) -> int:
        """Place of a judgement from best (0) to worst."""
        return list(self.levels).index(level)

    def propose_overall(self, judgements: Mapping[str, str]) -> str:
        """Give the overall judgement that the tool's rule gives, "" while a domain is not judged.

        Both published rules come to the worst judgement of any domain. RoB 2 also allows "high" where several domains
        raise some concerns "in a way that substantially lowers confidence"; that is a person's call, with a reason.
        """
        if any(domain not in judgements for domain in self.domains):
            return ""
        return max((judgements[domain] for domain in self.domains), key=self.rank)


@cache
def all_tools() -> tuple[Tool, ...]:
    """Give the tools of this folder, by code."""
    files = sorted(Path(__file__).parent.glob("*.json"))
    return tuple(Tool(**json.loads(file.read_text(encoding="utf-8"))) for file in files)


def get_tool(code: str) -> Tool:
    """Give the tool with this code; raise UnknownTool where there is none."""
    for tool in all_tools():
        if tool.code == code:
            return tool
    raise UnknownTool(code)
