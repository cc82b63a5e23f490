"""What Raman spectra need: lines and a baseline in one fit."""
