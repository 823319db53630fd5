"""Examples of what holds sprints up, by field, and of refusals, with the weights learnt of them."""
