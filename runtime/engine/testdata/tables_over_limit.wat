(module (table 2500 funcref) (table 2501 externref))
