"""Five walks through the product, each as one of its users takes it, on small real parts."""
