"""Tables and arrays of the user's own: read whatever they are in, and their columns told apart."""
