"""The GitHub Action's scan: `python -P -m kmsiac.cli.github_action`, between action.yml's other steps.

It turns the inputs into one command line, runs it, and hands on what came out: annotations, the
summary of the job, files, and outputs. It leaves with 0 whatever was found; the last step fails.
"""
