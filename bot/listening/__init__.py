"""What the bot hears besides commands and buttons: reactions, and messages that sound blocked."""
