"""What the GitHub Action does around `gemaudit check`: inputs, what to compare with, summary, comment, code scanning.

It knows gemaudit by its command line and its reports alone.
"""
