"""A creator rule: small steps as long as they pay, a leap where they do not."""

from ecosystem.plugins import Creator, CreatorWorld, unit_vectors


class Bold(Creator):
    """Tries a direction like everybody else; after three failures in a row it tries one five times as long."""

    def __init__(self, model: CreatorWorld, index: int) -> None:
        super().__init__(model, index)
        self.failures = 0

    def step(self) -> None:
        """Try one point; go there if it pays no less."""
        world = self.model
        direction = unit_vectors(world.stream_of("Bold"), (1, world.dim))[0]
        length = world.eta * (5.0 if self.failures >= 3 else 1.0)
        candidate = self.strategy + length * direction
        now, then = world.compare(self.index, candidate)
        if then >= now:
            world.move(self.index, candidate)
            self.failures = 0
        else:
            self.failures += 1
