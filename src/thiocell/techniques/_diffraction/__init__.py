"""What powder diffraction needs: beams, patterns, and the refinement engine behind one thin adapter."""
