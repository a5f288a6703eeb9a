"""Does a plug-in keep the rules that everything here relies on? One check a kind, and all of a run's at once.

``check_mechanism("mine.py:Quota")`` returns nothing, or raises one line that names the broken rule and what was seen.
"""

from __future__ import annotations

from ecosystem.testing.environments import check_environment as check_environment
from ecosystem.testing.mechanisms import check_mechanism as check_mechanism
from ecosystem.testing.plugins import check_plugin as check_plugin
from ecosystem.testing.plugins import check_plugins as check_plugins
from ecosystem.testing.population import check_retention as check_retention
from ecosystem.testing.population import check_turnover as check_turnover
from ecosystem.testing.rewards import check_reward as check_reward
from ecosystem.testing.rules import check_rule as check_rule
