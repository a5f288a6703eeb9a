"""The live page: two worlds side by side, their controls, and the guided tour."""
