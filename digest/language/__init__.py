"""Says to readers in their language what the product has to say.

Comes in: messages in English with typed values, catalogues (`catalogues/LANGUAGE.po`), the setting
`DIGEST_LANGUAGE`. Goes out: a `Language`, which is handed on to whatever words something for
readers. What editors and operators read stays English.
"""
