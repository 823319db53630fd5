"""The sprint itself: the method, its rules, its rows and its words."""
