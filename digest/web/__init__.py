"""Pages for readers, and the editors' preview: thin handlers over the rooms below."""
