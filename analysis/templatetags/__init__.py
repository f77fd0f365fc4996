"""What templates show numbers with."""
