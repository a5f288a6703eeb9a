"""The live view: two worlds, their engine, what the canvas shows, controls and the guided tour."""
