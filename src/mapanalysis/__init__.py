"""mapanalysis: make, read and keep alive evidence and gap maps."""

__version__ = "0.1.0"
