"""Who trains and who is tested: protocols, and the gate that no undeclared leak passes."""
