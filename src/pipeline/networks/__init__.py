"""What learns from a view: one module a family, with its settings and its network.

The registry finds a family by its module's name. To add one, write its module, with
``SETTINGS`` and ``NETWORK``, and name it in the section ``networks`` of params.yaml.
"""
