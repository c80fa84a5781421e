"""The five services. They meet on topics and never import each other."""
