"""Where recordings come from: one module per corpus, two verbs each.

``fetch(folder, settings, sources)`` brings a corpus's files into a folder, and
``clips(folder, settings)`` reads what the names and tables there say of each
recording. Neither decodes audio; :mod:`pipeline.corpora.index.build` does.
"""
