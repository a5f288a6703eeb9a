"""The phase diagram: in which worlds competing creators hurt users, and which policies mend it."""
