"""Protobuf reflection, once: fields, pools, options of private pools, source lines, the wire, floats of 32 bits."""
