"""What a recipe implies by counting, from sourced facts alone."""
