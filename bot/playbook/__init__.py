"""The method as data: phases, hours, prompts, scenarios, kinds and questions."""
