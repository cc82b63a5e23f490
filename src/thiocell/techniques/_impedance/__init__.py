"""What the techniques of impedance share."""
