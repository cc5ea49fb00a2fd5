(module (table 5001 funcref))
