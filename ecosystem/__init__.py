"""The world the agents act in: games, the compiled market, environments and the Mesa models."""
