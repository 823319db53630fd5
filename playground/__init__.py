"""A local Slack workspace to try and test the bot; it is not for anything else."""
