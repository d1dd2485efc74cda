"""What text is, in every writing: one Unicode form, what can be seen, what looks alike, what matches, what comes first.

Pure but for the fields of forms, serializers and models, which hold every endpoint to these rules.
"""
