"""What the tests of a cell share: reading its record, pairing cycles, carrying errors, and a virtual cycler."""
