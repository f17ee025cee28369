"""How sure a coefficient is: intervals, standard errors, the evidence floor."""
