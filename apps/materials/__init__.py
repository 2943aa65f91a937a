"""What a center hands out beside its tests: documents, recordings, pictures and links, in folders.

Owns: categories (folders), materials, and the stored files behind them.

Promises: what a file is is read in its bytes, never from its name; the same bytes are kept once per center. Staff see
everything; a student sees what is for the whole center or for a group of theirs, a guest nothing. A category decides for
what is in it. A file goes with the last material that it belongs to.

Announces: MaterialShared. Listens to: nothing.
"""
