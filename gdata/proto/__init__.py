"""Protobuf reflection, once: what fields are, pools, options of private pools, 32-bit floats."""
