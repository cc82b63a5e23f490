"""One file a system: each exposes SYSTEM, and its name is the file's."""
