"""Mock tests and quizzes, from draft to published paper.

Owns: tests, sections, question groups, questions with their keys, private media, imports with their reports, exam
profiles, and published papers with the key apart.

Promises: a paper never changes once it is published and is named by the hash of its content; what takers see is an
allowlist and holds no trace of the key; an incomplete test is refused with every reason and its place; an import
stores what its report says, all in one transaction, and the same file twice makes one test.

Announces: TestPublished. Listens to: nothing.
"""
