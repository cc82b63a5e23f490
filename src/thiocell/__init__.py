"""Recipe to properties to records and back, for all-solid-state lithium-sulfur cathodes."""

__version__ = "0.1.0"
