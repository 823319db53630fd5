"""The lint of fix-it items: does it say who does what to which system by when?"""

from bot.fix_lint.lint import FixLint, lint_fix

__all__ = ["FixLint", "lint_fix"]
