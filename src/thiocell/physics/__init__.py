"""Laws: SI numbers in, SI numbers out; they know no files, units, samples or plots."""
