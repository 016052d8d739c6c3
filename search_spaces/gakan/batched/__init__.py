"""Many networks trained as one program in torch, for GPUs."""
