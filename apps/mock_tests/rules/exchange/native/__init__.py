"""The center's own package: a zip with everything of a test, from which the same test is made again.

`shiken.json` is the manifest: the version, and each other file with its size and SHA-256. `test.json` is the test,
`media/` holds its pictures and recordings. What no other format has room for (exam profile, scored areas, times of
single questions, where a question stands in the bank) is under `kept`.
"""
