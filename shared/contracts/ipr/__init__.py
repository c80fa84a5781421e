"""Events of rights."""
