from ecosystem.batching import batch as batch
from ecosystem.economy.economy import CreatorEconomy as CreatorEconomy
from ecosystem.economy.parameters import Parameters as Parameters
from ecosystem.environments.embeddings import embeddings as embeddings
from ecosystem.market.market import Market as Market
from ecosystem.ranking.competition import RankingCompetition as RankingCompetition
from ecosystem_agents.inputs.checks import BadInput as BadInput

__version__: str
