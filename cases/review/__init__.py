"""For reviewers and curators: proposals, automatic checks, the overview."""
