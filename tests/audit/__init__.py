"""`make audit`: known vulnerabilities of the run lock, its licences, secrets in the tree."""
