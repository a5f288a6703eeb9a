"""The commands of ``ecosystem``, a module each; they import what they run only when they run."""
