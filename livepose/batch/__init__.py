"""Many files: one run for each of them, in several processes, or on a cluster.

    words   --inputs-->  files  --plan-->  items  --pool, worker-->  results  --report, table-->

An item is an ordinary run (`session/run`), or an image (`session/image`), with options made of the
batch's. `manifest` remembers which ones are done and whole.
"""
