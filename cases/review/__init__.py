"""What reviewers and curators look at: proposals, automatic checks, the overview."""
