"""What single studies do to the result: leaving out, adding one by one, influence, residuals, all subsets."""
