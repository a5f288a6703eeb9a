"""The best weights, Eqs. (11) and (12), searched for in small worlds, and what Algorithm 1 attains of them."""
