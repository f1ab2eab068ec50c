"""A sheet as it lies: its layout, its header and what its headers mean."""
