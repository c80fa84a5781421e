"""Reference pages made from the code: topics, AsyncAPI, OpenAPI of each service, problems. Never edited by hand."""
