"""People who use the platform all the while: they file, decide, answer, and write down what was promised to them."""
