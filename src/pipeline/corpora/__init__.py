"""Where recordings come from, and what is known of each of them.

A public corpus is described by one YAML file in the folder ``known``; see
:mod:`pipeline.corpora.description`. :mod:`pipeline.corpora.fetch` brings corpora to this
machine, :mod:`pipeline.corpora.combine` lays several side by side, and
:mod:`pipeline.corpora.index` decodes every clip and writes a dataset's table.
"""
