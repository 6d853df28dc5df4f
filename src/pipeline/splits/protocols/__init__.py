"""One module a protocol: its settings, the leaks that it declares, and how it deals clips.

The module of the kind ``augmented-then-random`` is ``augmented_then_random``. It has three
names: ``SETTINGS``, a :class:`~pipeline.splits.settings.ProtocolSettings`; ``LEAKS``, the kinds
of :data:`pipeline.splits.gate.WORDS` that its splits may have; and ``deal``, from clips and a
view's rows to a table of clip, plane, fold and role.
"""
