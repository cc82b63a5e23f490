"""The cell: one physical model of anode, separator and cathode, in PyBaMM and in a fast batch solver of our own."""
