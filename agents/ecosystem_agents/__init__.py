"""Who acts: creators, users, the platform and its mechanisms; publishers and their mediator.

An agent reaches the world only through ``self.model``: nothing here imports ``ecosystem``.
"""
