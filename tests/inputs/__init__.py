"""Every line of the list of bad inputs, each with the answer a person gets."""
