"""``make verify-deploy``: builds, runs and breaks what deploys the service, and writes a report.

It brings a Docker engine of its own and touches no other. Each part is a `steps.Step`; a module
that has some lists them in its ``STEPS``, and `__main__` lists the modules.
"""
