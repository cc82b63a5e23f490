"""What the techniques share that hold a voltage and watch the current."""
