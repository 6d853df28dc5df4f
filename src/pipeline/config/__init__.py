"""params.yaml as typed, validated, frozen objects; one module per section.

Every value lives in params.yaml and nowhere else: the types here have no
defaults for anything that changes a result, so what DVC tracks is all there is.
A stage imports only the module of the section that it reads;
:mod:`pipeline.config.params` holds them all and checks that the names in one
section exist in the other.
"""
